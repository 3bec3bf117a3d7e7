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

TEST_F(DryRun, H122_secrets_that_json_has_to_escape_are_starred) {
  engine_.add_image("local/box:1");
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["data"]["instanceHostMap"]["instance"]["data"]["fields"]["environment"] = {
      {"PW", "planted\"pass\\word"}};
  EXPECT_EQ(rehearse(event), exit_code::kSuccess) << notes_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("\"PW=***\""), Not(HasSubstr("planted"))));
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
