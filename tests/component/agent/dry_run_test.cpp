// SPDX-License-Identifier: Apache-2.0
// `cattle-agent event FILE --dry-run`: what it says it would do, and that it does none of it.
#include "agent/event_command.hpp"
#include "agent/exit_code.hpp"
#include "tests/component/agent/running_agent.hpp"

#include <fstream>
#include <sstream>

namespace cattle::agent {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DryRun : public AgentTest {
 protected:
  /// Its exit code; what it printed is in `out_`.
  int rehearse(const json& event) {
    const auto path = (directory_ / "event.json").string();
    std::ofstream(path) << event.dump();
    out_ = {};
    return event_command(path, true, options_, out_, notes_);
  }
  std::size_t changes() const {
    return engine_.calls("POST", "").size() + engine_.calls("DELETE", "").size();
  }

  std::ostringstream out_;
  std::ostringstream notes_;
};

TEST_F(DryRun, an_absent_image_is_not_pulled) {
  engine_.set_pull("local/absent:1", {});
  (void)rehearse(image_event("i1", "local/absent:1"));
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("would call: POST /images/create?fromImage=local%2Fabsent&tag=1"),
                                HasSubstr("dry run: stopped here")));
  EXPECT_EQ(changes(), 0U);
  EXPECT_FALSE(engine_.has_image("local/absent:1"));
}

TEST_F(DryRun, an_image_is_not_built_and_its_remote_is_shown_without_password) {
  auto event = image_event("i1", "local/absent:1");
  event["data"]["imageStoragePoolMap"]["image"]["data"]["fields"]["build"] = {
      {"remote", "https://me:planted@git.example/x.git?key=planted"}, {"tag", "local/absent:1"}};
  (void)rehearse(event);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("would call: POST /build?t=local%2Fabsent%3A1&"),
                                HasSubstr("remote=https%3A%2F%2Fxxxxx%40git.example%2Fx.git%3Fxxxxx"),
                                HasSubstr("dry run: stopped here"), Not(HasSubstr("planted"))));
  EXPECT_EQ(changes(), 0U);
}

TEST_F(DryRun, a_build_context_is_not_downloaded) {
  auto event = image_event("i1", "local/absent:1");
  event["data"]["imageStoragePoolMap"]["image"]["data"]["fields"]["build"] = {
      {"context", "http://me:planted@127.0.0.1:" + std::to_string(server_.port()) + "/x.tar?key=planted"}};
  (void)rehearse(event);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("would call: GET /x.tar (build context at http://127.0.0.1:"),
                                HasSubstr("would call: POST /build"), Not(HasSubstr("planted"))));
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(changes(), 0U);
}

TEST_F(DryRun, a_config_update_asks_the_server_nothing) {
  EXPECT_EQ(rehearse(make_event("config.update", "c1", {{"items", {{{"name", "host-config"}}}}})),
            exit_code::kSuccess);
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("would call: GET /configcontent/host-config?current= (server)"),
                    HasSubstr("would call: PUT /configcontent/host-config?version=latest (server)")));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(DryRun, H122_secrets_that_json_has_to_escape_are_starred) {
  engine_.add_image("local/box:1");
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["data"]["instanceHostMap"]["instance"]["data"]["fields"]["environment"] = {
      {"PW", "planted\"pass\\word"}};
  EXPECT_EQ(rehearse(event), exit_code::kSuccess) << notes_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("\"PW=***\""), Not(HasSubstr("planted"))));
}

TEST_F(DryRun, an_activation_pulls_its_absent_image_before_it_creates) {
  engine_.set_pull("local/absent:1", {});
  EXPECT_EQ(rehearse(activate_event("a1", "u-1", "local/absent:1")), exit_code::kSuccess) << notes_.str();
  const auto printed = out_.str();
  const auto pull = printed.find("would call: POST /images/create?fromImage=local%2Fabsent&tag=1");
  ASSERT_NE(pull, std::string::npos) << printed;
  EXPECT_NE(printed.find("would call: POST /containers/create", pull), std::string::npos) << printed;
  EXPECT_EQ(changes(), 0U);
}

TEST_F(DryRun, a_ping_makes_no_host_key) {
  options_.host.host_key_file = (directory_ / "ssl/host.key").string();
  EXPECT_EQ(rehearse(make_event("ping", "p1", {{"options", {{"resources", true}, {"stats", true}}}})),
            exit_code::kSuccess)
      << notes_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("memoryInfo"), Not(HasSubstr("hostKey"))));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "ssl"));
}

TEST_F(DryRun, H90_nothing_is_looked_for_in_processes_of_this_host) {
  engine_.add_image("local/box:1", {{"Cmd", {"sh"}}});
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["data"]["instanceHostMap"]["instance"]["nics"] = {
      {{"deviceNumber", 0}, {"network", {{"kind", "cni"}, {"name", "ipsec"}}}}};
  std::filesystem::create_directories(directory_ / "proc/1/net");
  std::ofstream(directory_ / "proc/1/stat") << "1 (init) S";
  options_.host.proc = (directory_ / "proc").string();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(rehearse(event), exit_code::kSuccess) << notes_.str() << out_.str();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10)) << "waited for an address";
  EXPECT_EQ(changes(), 0U);
}

}  // namespace
}  // namespace cattle::agent
