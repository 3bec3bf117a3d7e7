// SPDX-License-Identifier: Apache-2.0
// Output is what the fake does not have: nothing runs in it.
#include "tests/component/docker-client/contract.hpp"

namespace cattle::docker {
namespace {

class Logs : public EngineContract {
 protected:
  std::string read(const std::string& id, bool follow) {
    std::string text;
    client_->container_logs(
        id, follow,
        [&text](int stream, std::string_view bytes) {
          text += std::to_string(stream) + ":" + std::string(bytes);
        },
        call_);
    return text;
  }
};

TEST_F(Logs, both_outputs_are_told_apart) {
  const std::string id = start("logs", body({"sh", "-c", "echo out; sleep 0.2; echo err >&2"}));
  EXPECT_EQ(read(id, true), "1:out\n2:err\n");
  EXPECT_EQ(read(id, false), "1:out\n2:err\n");
}

TEST_F(Logs, a_terminal_has_one_output) {
  auto terminal = body({"sh", "-c", "echo err >&2"});
  terminal["Tty"] = true;
  EXPECT_EQ(read(start("logs-tty", terminal), true), "1:err\r\n");
}

}  // namespace
}  // namespace cattle::docker
