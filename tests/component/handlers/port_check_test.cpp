// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/port_check.hpp"

#include "docker-client/client.hpp"
#include "docker-client/error.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_fixture.hpp"
#include "tests/support/scripted_socket.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <future>
#include <memory>
#include <set>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

json wanted(int port, const std::string& protocol = "tcp", const std::string& address = "0.0.0.0") {
  return {{"ports", {{{"bindAddress", address}, {"publicPort", port}, {"protocol", protocol}}}}};
}

json bound(int port, const std::string& address = "") {
  return {{"Image", "busybox"},
          {"ExposedPorts", {{"80/tcp", json::object()}}},
          {"HostConfig",
           {{"PortBindings", {{"80/tcp", {{{"HostIp", address}, {"HostPort", std::to_string(port)}}}}}}}}};
}

const std::string kHeader = "  sl  local_address rem_address   st\n";

class PortCheckTest : public ::testing::Test {
 protected:
  PortCheckTest() : engine_(engine_options(fake_.docker_host())) {
    fake_.add_image("busybox");
    for (const auto* table : {"tcp", "tcp6", "udp", "udp6"})
      directory_.write(std::string("net/") + table, kHeader);
  }
  static docker::EngineOptions engine_options(const std::string& host) {
    docker::EngineOptions options;
    options.host = host;
    return options;
  }
  json check(const json& data) {
    if (!check_)
      check_ =
          std::make_unique<PortCheck>(engine_, std::vector<std::string>{directory_.path() + "/net"}, limit_);
    support::TestContext own;
    return check_->handle(support::make_event("host.port.check", data), own.context).value();
  }

  support::TempDir directory_;
  support::FakeEngine fake_;
  docker::Client engine_;
  std::chrono::milliseconds limit_{900};
  std::unique_ptr<PortCheck> check_;
};

TEST_F(PortCheckTest, S3_a_free_port_has_no_conflict) {
  EXPECT_EQ(check(wanted(18080)),
            (json{{"supported", true}, {"hostSocketProbeSupported", true}, {"conflicts", json::array()}}));
}

TEST_F(PortCheckTest, S3_S6_E15_a_running_container_is_one_conflict_without_a_process_twin) {
  const auto id = fake_.add_container("web", bound(18080));
  directory_.write("net/tcp", kHeader + "   0: 00000000:46A0 00000000:0000 0A\n");
  directory_.write(
      "net/tcp6",
      kHeader + "   0: 00000000000000000000000000000000:46A0 00000000000000000000000000000000:0000 0A\n");
  const auto conflicts = check(wanted(18080, "tcp", "192.0.2.1")).at("conflicts");
  EXPECT_EQ(conflicts, json::array({{{"source", "docker"},
                                     {"containerId", id},
                                     {"containerName", "web"},
                                     {"state", "running"},
                                     {"bindAddress", "0.0.0.0"},
                                     {"publicPort", 18080},
                                     {"protocol", "tcp"}}}));
  EXPECT_TRUE(check(wanted(18080, "udp")).at("conflicts").empty());
  EXPECT_TRUE(check(wanted(18081)).at("conflicts").empty());
}

TEST_F(PortCheckTest, S7_a_stopped_or_never_started_container_is_exited) {
  fake_.add_container("stopped", bound(18080));
  fake_.exit_container("stopped");
  fake_.add_container("created", bound(18081), false);
  EXPECT_EQ(check(wanted(18080)).at("conflicts").at(0).at("state"), "exited");
  EXPECT_EQ(check(wanted(18081)).at("conflicts").at(0).at("state"), "exited");
}

TEST_F(PortCheckTest, S8_foreign_sockets_are_conflicts_also_behind_a_stopped_container) {
  fake_.add_container("stopped", bound(18080));
  fake_.exit_container("stopped");
  directory_.write("net/tcp", kHeader + "   0: 0100007F:46A0 00000000:0000 0A\n");
  directory_.write(
      "net/udp6",
      kHeader + "   0: 000000FD000000000000000005000000:0035 00000000000000000000000000000000:0000 07\n");
  std::set<std::string> sources;
  const auto told = check(wanted(18080));
  for (const auto& conflict : told.at("conflicts")) sources.insert(conflict.at("source").get<std::string>());
  EXPECT_EQ(sources, (std::set<std::string>{"docker", "hostProcess"}));
  EXPECT_EQ(check(wanted(53, "udp", "[FD00:0::5]")).at("conflicts"), json::array({{{"source", "hostProcess"},
                                                                                   {"containerId", ""},
                                                                                   {"containerName", ""},
                                                                                   {"state", ""},
                                                                                   {"bindAddress", "fd00::5"},
                                                                                   {"publicPort", 53},
                                                                                   {"protocol", "udp"}}}));
  EXPECT_TRUE(check(wanted(53, "udp", "fd00::6")).at("conflicts").empty());
}

TEST_F(PortCheckTest, S10_without_tables_docker_conflicts_are_still_listed) {
  fake_.add_container("web", bound(18080));
  PortCheck blind(engine_, {directory_.path() + "/none"});
  support::TestContext own;
  const auto told = blind.handle(support::make_event("host.port.check", wanted(18080)), own.context).value();
  EXPECT_EQ(told.at("hostSocketProbeSupported"), false);
  EXPECT_EQ(told.at("conflicts").size(), 1U);
}

TEST_F(PortCheckTest, S11_an_engine_that_fails_or_hangs_is_an_error_in_time) {
  fake_.inject(
      {.kind = support::Fault::Kind::answer, .path_contains = "/containers/json", .times = 1, .status = 500});
  EXPECT_THROW(static_cast<void>(check(wanted(18080))), docker::Error);
  fake_.inject({.kind = support::Fault::Kind::hang, .path_contains = "/containers/json", .times = -1});
  const auto began = Clock::now();
  EXPECT_THROW(static_cast<void>(check(wanted(18080))), docker::Error);
  EXPECT_LT(Clock::now() - began, 1500ms);
}

TEST_F(PortCheckTest, S12_bad_requests_are_supported_and_without_conflict) {
  for (const json& data : {json(nullptr), json{{"ports", nullptr}}, json{{"ports", 5}},
                           json{{"ports", {nullptr, 5}}}, wanted(0), wanted(70000), wanted(80, "sctp")}) {
    const auto told = check(data);
    EXPECT_EQ(told.at("supported"), true);
    EXPECT_EQ(told.at("conflicts"), json::array());
  }
}

TEST_F(PortCheckTest, S14_without_reply_address_nothing_is_done) {
  auto event = support::make_event("host.port.check", wanted(18080));
  event.reply_to.clear();
  support::TestContext own;
  EXPECT_EQ(PortCheck(engine_, {}).handle(event, own.context), std::nullopt);
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(PortCheckTest, S4_300_containers_are_checked_within_a_second) {
  for (int count = 0; count < 300; ++count) {
    const auto name = "c" + std::to_string(count);
    fake_.add_container(name, bound(20000 + count), count < 50);
  }
  static_cast<void>(engine_.known_version({}));
  fake_.set_delay(20ms);
  const auto began = Clock::now();
  const auto told = check(wanted(20299));
  EXPECT_LT(Clock::now() - began, 1000ms);
  EXPECT_EQ(fake_.calls("GET", "/containers/json").size(), 1U);
  EXPECT_EQ(told.at("conflicts").size(), 1U);
  fake_.clear_calls();
  EXPECT_EQ(check(wanted(20298)).at("conflicts").size(), 1U);
  EXPECT_EQ(fake_.calls().size(), 1U);  // bindings never change: only the list is asked for again
}

TEST_F(PortCheckTest, S5_ten_overlapping_checks_are_all_answered) {
  fake_.add_container("web", bound(18080));
  fake_.add_container("stopped", bound(18080, "127.0.0.1"), false);
  fake_.set_delay(20ms);
  static_cast<void>(check(wanted(1)));
  std::vector<std::future<json>> answers;
  answers.reserve(10);
  for (int count = 0; count < 10; ++count)
    answers.push_back(std::async(std::launch::async, [this] { return check(wanted(18080)); }));
  for (auto& told : answers) EXPECT_EQ(told.get().at("conflicts").size(), 2U);
}

/// States that the fake engine has none of.
TEST(PortStates, S7_paused_and_restarting_stay_and_dead_is_exited) {
  const support::TempDir directory;
  const auto entry = [](const std::string& id, const std::string& state, const json& ports) {
    return json{{"Id", id},       {"Names", {"/" + id}}, {"Image", "i"},
                {"State", state}, {"Status", "x"},       {"Ports", ports}};
  };
  const json live = {{{"IP", "0.0.0.0"}, {"PrivatePort", 80}, {"PublicPort", 18080}, {"Type", "tcp"}}};
  const auto list =
      json::array({entry("paused", "paused", live), entry("restarting", "restarting", json::array()),
                   entry("dead", "dead", json::array()), entry("gone", "exited", json::array())});
  const support::ScriptedSocket socket(
      directory.path() + "/d", [list](const support::SocketRequest& request) -> support::SocketAnswer {
        if (request.path.find("/version") != std::string::npos)
          return {200, R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})"};
        if (request.path.find("/containers/json") != std::string::npos) return {200, list.dump()};
        if (request.path.find("/containers/gone") != std::string::npos)
          return {404, R"({"message":"No such container"})"};
        return {200, json{{"Id", "x"},
                          {"Name", "/x"},
                          {"HostConfig", {{"PortBindings", {{"80/tcp", {{{"HostPort", "18080"}}}}}}}}}
                         .dump()};
      });
  docker::EngineOptions options;
  options.host = "unix://" + directory.path() + "/d";
  const docker::Client engine(options);
  support::TestContext own;
  const auto told = PortCheck(engine, {})
                        .handle(support::make_event("host.port.check", wanted(18080)), own.context)
                        .value();
  std::map<std::string, std::string> states;
  for (const auto& conflict : told.at("conflicts"))
    states[conflict.at("containerId").get<std::string>()] = conflict.at("state").get<std::string>();
  EXPECT_EQ(states, (std::map<std::string, std::string>{
                        {"paused", "paused"}, {"restarting", "restarting"}, {"dead", "exited"}}));
}

}  // namespace
}  // namespace cattle::handlers
