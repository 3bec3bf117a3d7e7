// SPDX-License-Identifier: Apache-2.0
// delegate.request with a stand-in for nsenter.
#include "handlers/host/delegate_request.hpp"

#include "docker-client/client.hpp"
#include "handlers/errors.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::make_event;
using ::testing::HasSubstr;

class DelegateTest : public ::testing::Test {
 protected:
  DelegateTest() : engine_(engine_options()) {
    fake_.add_image("busybox");
    host_.home = "/var/lib/cattle";
    host_.config_url = "http://server/v1";
    host_.proc = directory_.path();
  }
  docker::EngineOptions engine_options() const {
    docker::EngineOptions options;
    options.host = fake_.docker_host();
    return options;
  }
  /// Stands in for nsenter: leaves its arguments, environment and input in files, then does what `body` says.
  void nsenter(const std::string& body) {
    const auto& dir = directory_.path();
    options_.nsenter = directory_.write("nsenter", "#!/bin/sh\necho \"$*\" >> " + dir + "/argv\nenv > " +
                                                       dir + "/env\ncat > " + dir + "/input\n" + body + "\n");
    ASSERT_EQ(::chmod(options_.nsenter.c_str(), 0755), 0);
    options_.interval = 5ms;
  }
  std::string file(const std::string& name) const {
    std::ifstream stream(directory_.path() + "/" + name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static json request(const std::string& uuid, const std::string& name = "config.update;handler=x") {
    return {{"instanceData", {{"kind", "container"}, {"token", "t"}, {"uuid", uuid}}},
            {"event",
             {{"id", "inner-1"},
              {"name", name},
              {"replyTo", "reply.inner"},
              {"resourceId", "7"},
              {"resourceType", "agent"}}}};
  }
  std::optional<json> handle(const json& data) {
    const DelegateRequest handler(host_, engine_, options_);
    return handler.handle(make_event("delegate.request", data), test_.context);
  }
  void add_container(bool running = true) {
    fake_.add_container(
        "agent",
        {{"Image", "busybox"},
         {"Labels", {{"io.rancher.container.uuid", "u-1"}, {"io.rancher.container.agent_id", "9"}}}},
        running);
    const auto pid = fake_.container("agent")->at("State").at("Pid").get<int>();
    directory_.write(std::to_string(pid) + "/environ", std::string("CATTLE_URL=http://x\0SECRET=y\0", 29));
  }

  support::TempDir directory_;
  support::FakeEngine fake_;
  docker::Client engine_;
  HostOptions host_;
  DelegateOptions options_;
  support::TestContext test_;
};

TEST_F(DelegateTest, a_script_of_the_container_answers_the_inner_event) {
  add_container();
  nsenter("echo starting\necho '{\"done\":true}'");
  const auto reply = handle(request("u-1")).value();
  EXPECT_EQ(reply.at("name"), "reply.inner");
  EXPECT_EQ(reply.at("previousIds"), json::array({"inner-1"}));
  EXPECT_EQ(reply.at("resourceType"), "agent");
  EXPECT_EQ(reply.at("data"), (json{{"done", true}}));
  EXPECT_THAT(file("argv"), HasSubstr("-F -m -u -i -n -p -t "));
  EXPECT_THAT(file("argv"), HasSubstr(" -- /var/lib/cattle/events/config.update\n"));
  EXPECT_THAT(file("env"), HasSubstr("CATTLE_URL=http://x\n"));
  EXPECT_THAT(file("env"), HasSubstr("CATTLE_CONFIG_URL=http://server/v1\n"));
  EXPECT_THAT(file("env"), ::testing::Not(HasSubstr("SECRET")));
  EXPECT_EQ(json::parse(file("input")).at("id"), "inner-1");
}

TEST_F(DelegateTest, it_is_also_found_by_its_agent_id) {
  add_container();
  nsenter("echo '{}'");
  auto data = request("unknown");
  data["instanceData"]["agentId"] = 9;
  EXPECT_TRUE(handle(data).has_value());
}

TEST_F(DelegateTest, without_a_running_container_there_is_no_answer) {
  nsenter("echo '{}'");
  EXPECT_EQ(handle(request("u-1")), std::nullopt);
  fake_.add_container("agent", {{"Image", "busybox"}, {"Labels", {{"io.rancher.container.uuid", "u-1"}}}},
                      false);
  EXPECT_EQ(handle(request("u-1")), std::nullopt);
  EXPECT_EQ(file("argv"), "");
}

TEST_F(DelegateTest, a_failing_script_is_an_error_with_its_output) {
  add_container();
  nsenter("case \"$*\" in *test*) exit 0;; esac\necho broken >&2\nexit 3");
  try {
    static_cast<void>(handle(request("u-1")));
    FAIL() << "no error";
  } catch (const OperationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("exit code 3: broken"));
  }
}

TEST_F(DelegateTest, a_missing_script_is_tried_three_times) {
  add_container();
  nsenter("exit 1");
  EXPECT_THROW(static_cast<void>(handle(request("u-1"))), OperationError);
  std::size_t runs = 0;
  const auto argv = file("argv");
  for (auto at = argv.find("-- /var"); at != std::string::npos; at = argv.find("-- /var", at + 1)) ++runs;
  EXPECT_EQ(runs, 3U);
}

TEST_F(DelegateTest, without_reply_address_the_script_runs_all_the_same) {
  add_container();
  nsenter("echo '{}'");
  auto event = make_event("delegate.request", request("u-1"));
  event.reply_to.clear();
  const DelegateRequest handler(host_, engine_, options_);
  EXPECT_EQ(handler.handle(event, test_.context), std::nullopt);
  EXPECT_THAT(file("argv"), HasSubstr(" -- /var/lib/cattle/events/config.update\n"));
  nsenter("exit 3");
  EXPECT_THROW(static_cast<void>(handler.handle(event, test_.context)), OperationError) << "to be logged";
}

TEST_F(DelegateTest, a_rehearsal_says_what_it_would_run_and_runs_nothing) {
  add_container();
  nsenter("echo '{}'");
  std::string proposed;
  test_.context.call.rehearse =
      [&proposed](const docker::Proposal& proposal) -> std::optional<docker::Rehearsed> {
    if (proposal.peer.empty()) return std::nullopt;
    proposed = proposal.method + " " + proposal.target + "\n" + proposal.body;
    return docker::Rehearsed{};
  };
  EXPECT_EQ(handle(request("u-1")).value().at("data"), json::object());
  EXPECT_THAT(proposed, HasSubstr(" -- /var/lib/cattle/events/config.update\n"));
  EXPECT_THAT(proposed, HasSubstr("inner-1"));
  EXPECT_EQ(file("argv"), "");
}

TEST_F(DelegateTest, event_names_that_would_be_another_path_are_refused) {
  add_container();
  nsenter("echo '{}'");
  for (const auto* name : {"../../bin/sh", "a/b", "", ".hidden", "-x", "a b", "$(id)"}) {
    EXPECT_THROW(static_cast<void>(handle(request("u-1", name))), RequestError) << name;
  }
  EXPECT_EQ(file("argv"), "");
}

}  // namespace
}  // namespace cattle::handlers
