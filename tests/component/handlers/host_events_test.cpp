// SPDX-License-Identifier: Apache-2.0
// config.update against a local server, and delegate.request with a stand-in for nsenter.
#include "docker-client/client.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/config_update.hpp"
#include "handlers/host/delegate_request.hpp"
#include "handlers/host/ping.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <iterator>
#include <thread>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::make_event;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigUpdateTest : public ::testing::Test {
 protected:
  ConfigUpdateTest() : client_(client_options()) {}
  http::ClientOptions client_options() const {
    http::ClientOptions options;
    options.base_url = server_.url();
    options.username = "key";
    options.password = "secret";
    return options;
  }
  std::optional<json> update(const json& items, std::chrono::milliseconds limit = 5s) {
    ConfigItemOptions options;
    options.home = directory_.path();
    options.request_limit = limit;
    const ConfigUpdate handler(options, client_);
    return handler.handle(
        make_event("config.update", {{"configUrl", "http://192.0.2.2:8080/v1"}, {"items", items}}),
        test_.context);
  }
  std::vector<std::string> puts() const {
    std::vector<std::string> targets;
    for (const auto& request : server_.requests()) {
      if (request.method == "PUT") targets.push_back(request.target);
    }
    return targets;
  }
  support::TempDir directory_;
  support::FakeServer server_;
  http::Client client_;
  support::TestContext test_;
};

TEST_F(ConfigUpdateTest, R55_H114_E14_P42_each_item_is_acknowledged_to_our_own_server) {
  EXPECT_EQ(update({{{"name", "configscripts"}, {"requestedVersion", 1}}, {{"name", "pyagent"}}}),
            json::object());
  EXPECT_THAT(puts(), ElementsAre("/v1/configcontent/configscripts?version=latest",
                                  "/v1/configcontent/pyagent?version=latest"));
}

TEST_F(ConfigUpdateTest, H113_P42_no_items_are_answered_at_once) {
  EXPECT_EQ(update(json::array()), json::object());
  EXPECT_EQ(update(nullptr), json::object());
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ConfigUpdateTest, H114_H115_H116_R56_nothing_that_the_server_sends_is_run) {
  const auto marker = directory_.path() + "/ran";
  directory_.write("config.sh", "#!/bin/sh\ntouch " + marker + "\n");
  ASSERT_EQ(::chmod((directory_.path() + "/config.sh").c_str(), 0755), 0);
  server_.answer("/pyagent", {.body = "#!/bin/sh\ntouch " + marker + "\n"});
  EXPECT_EQ(update({{{"name", "pyagent"}}}), json::object());
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(ConfigUpdateTest, H003_without_reply_address_nothing_is_done) {
  auto event = make_event("config.update", {{"items", {{{"name", "pyagent"}}}}});
  event.reply_to.clear();
  const ConfigUpdate handler({}, client_);
  EXPECT_EQ(handler.handle(event, test_.context), std::nullopt);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ConfigUpdateTest, E14_a_failed_acknowledgement_is_logged_and_still_success) {
  server_.answer("/pyagent", {.status = 500});
  EXPECT_EQ(update({{{"name", "pyagent"}}, {{"name", "configscripts"}}}), json::object());
  EXPECT_TRUE(test_.log.has("pyagent not acknowledged"));
  EXPECT_EQ(puts().size(), 2U);
  server_.answer("/pyagent", {.kind = support::ServerAnswer::Kind::hang});
  EXPECT_EQ(update({{{"name", "pyagent"}}}, 100ms), json::object());
}

TEST_F(ConfigUpdateTest, two_never_work_at_once_and_the_wait_ends_with_the_events_time) {
  server_.answer("/pyagent", {.delay = 400ms});
  ConfigItemOptions options;
  options.home = directory_.path();
  const ConfigUpdate handler(options, client_);
  const auto event = make_event("config.update", {{"items", {{{"name", "pyagent"}}}}});
  auto first = std::async(std::launch::async, [&] { return handler.handle(event, test_.context); });
  while (server_.requests("/pyagent").empty()) std::this_thread::sleep_for(5ms);
  support::TestContext late;
  late.context.deadline = std::chrono::steady_clock::now() + 20ms;
  EXPECT_THROW(static_cast<void>(handler.handle(event, late.context)), OperationError);
  EXPECT_EQ(server_.requests("/pyagent").size(), 1U) << "asked for while the first was at work";
  support::TestContext patient;
  EXPECT_EQ(handler.handle(event, patient.context), json::object()) << "its turn came";
  EXPECT_EQ(first.get(), json::object());
}

TEST_F(ConfigUpdateTest, names_that_would_be_another_path_are_not_asked_for) {
  EXPECT_EQ(update({{{"name", "../publish"}},
                    {{"name", "a/b"}},
                    {{"name", "a?version=x"}},
                    {{"name", ""}},
                    {{"name", ".."}}}),
            json::object());
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_THROW(static_cast<void>(update("text")), RequestError);
}

TEST_F(ConfigUpdateTest, H007_a_hanging_update_holds_no_ping_up) {
  server_.answer("/pyagent", {.kind = support::ServerAnswer::Kind::hang});
  auto updating = std::async(std::launch::async, [this] { return update({{{"name", "pyagent"}}}, 3s); });
  ASSERT_TRUE(server_.wait_requests("/pyagent", 1));
  const support::FakeEngine fake;
  docker::EngineOptions engine_options;
  engine_options.host = fake.docker_host();
  const docker::Client engine(engine_options);
  HostOptions options;
  options.host_key_file = directory_.path() + "/host.key";
  const ContainerChanges changes;
  Ping ping(options, engine, changes);
  support::TestContext own;
  EXPECT_TRUE(ping.handle(make_event("ping", {{"options", {{"instances", true}}}}), own.context).has_value());
  EXPECT_EQ(updating.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(updating.get(), json::object());
}

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
