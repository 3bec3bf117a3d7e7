// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::Attempt;
using support::HandlerRig;
using support::instance;
using support::kActivate;
using support::kBusybox;
using support::kUuid;
using support::map_data;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kName = "r-web-1-c861f990";

HandlerRig::Options options_in(const support::FakeEngine& engine, const std::string& dir) {
  HandlerRig::Options options;
  options.engine.host = engine.docker_host();
  options.host.cni_state_dir = dir + "/cni";
  options.host.proc = dir + "/proc";
  return options;
}

class InstanceReply : public ::testing::Test {
 public:
  InstanceReply() { engine.add_image(kBusybox, {{"Cmd", {"run"}}, {"Entrypoint", {"/entry"}}}); }
  ~InstanceReply() override { std::filesystem::remove_all(dir); }

  static std::string make_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "reply-XXXXXX").string();
    return mkdtemp(name.data());
  }
  json web() const { return instance(kUuid, "web-1", kBusybox); }
  json on_cni() const {
    auto connected = web();
    connected["nics"] = {{{"deviceNumber", 0}, {"network", {{"kind", "cni"}, {"name", "ipsec"}}}}};
    connected["data"]["fields"].erase("command");
    return connected;
  }
  /// A stopped container on a CNI network, as an earlier event left it.
  std::string add_cni_container() {
    return engine.add_container(
        kName,
        {{"Image", kBusybox},
         {"Cmd", {"sleep"}},
         {"Labels", {{"io.rancher.container.uuid", kUuid}, {"io.rancher.cni.network", "ipsec"}}}},
        true);
  }
  void write_state(const std::string& id, const std::string& text) {
    const auto started = engine.container(id)->at("State").at("StartedAt").get<std::string>();
    std::filesystem::create_directories(dir + "/cni/" + id);
    std::ofstream(dir + "/cni/" + id + "/" + started) << text;
  }
  static const json& fields(const json& reply) {
    return reply.at("instanceHostMap").at("instance").at("+data").at("+fields");
  }
  /// The error's text, with so little time that the wait is short.
  std::string error_in(std::chrono::milliseconds time, const json& data) {
    Attempt run;
    try {
      (void)rig.handle(HandlerRig::event(kActivate, data, time), run);
    } catch (const std::exception& error) {
      return error.what();
    }
    return {};
  }

  std::string dir = make_dir();
  support::FakeEngine engine;
  HandlerRig rig{options_in(engine, dir)};
};

TEST_F(InstanceReply, E3_S43_R45_a_published_port_is_reported_once_and_for_ipv4) {
  auto published = web();
  published["ports"] = {{{"privatePort", 80}, {"publicPort", 18080}, {"protocol", "tcp"}}};
  EXPECT_EQ(fields(rig.reply(kActivate, map_data(published))).at("dockerPorts"),
            json({"0.0.0.0:18080:80/tcp"}));
}

TEST_F(InstanceReply, E4_S44_H87_a_container_without_mounts_has_an_empty_list) {
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_EQ(reply.at("instanceHostMap").at("instance").at("+data").at("dockerMounts"), json::array());
}

TEST_F(InstanceReply, H89_S45_a_bridge_container_has_its_address_and_one_on_the_host_none) {
  EXPECT_THAT(fields(rig.reply(kActivate, map_data(web()))).at("dockerIp").get<std::string>(),
              StartsWith("172.17.0."));
  auto on_host = instance("uuid-2", "host-1", kBusybox);
  on_host["nics"] = {{{"deviceNumber", 0}, {"network", {{"kind", "dockerHost"}}}}};
  EXPECT_EQ(fields(rig.reply(kActivate, map_data(on_host))).at("dockerIp"), "");
}

TEST_F(InstanceReply, S45_S46_an_engine_that_leaves_address_and_mac_out_is_made_up_for) {
  engine.restart({.version = "29.4.1", .api_version = "1.52", .min_api_version = "1.52"});
  auto with_mac = web();
  with_mac["nics"] = {
      {{"deviceNumber", 0}, {"macAddress", "02:70:b5:c8:d6:15"}, {"network", {{"kind", "dockerBridge"}}}}};
  const auto reply = rig.reply(kActivate, map_data(with_mac));
  EXPECT_THAT(fields(reply).at("dockerIp").get<std::string>(), StartsWith("172.17.0."));
  const auto& inspect = reply.at("instanceHostMap").at("instance").at("+data").at("dockerInspect");
  EXPECT_EQ(inspect.at("Config").at("MacAddress"), "02:70:b5:c8:d6:15");
  EXPECT_EQ(inspect.at("NetworkSettings").at("MacAddress"), "02:70:b5:c8:d6:15");
}

TEST_F(InstanceReply, H90_the_plugins_state_file_gives_the_address) {
  write_state(add_cni_container(), R"({"cniVersion":"0.2.0","ip4":{"IP":"10.42.1.2/16"}})");
  EXPECT_EQ(fields(rig.reply(kActivate, map_data(on_cni()))).at("dockerIp"), "10.42.1.2");
}

TEST_F(InstanceReply, H90_the_plugins_error_is_the_events) {
  write_state(add_cni_container(), R"({"Error":"no address left in 10.42.0.0/16"})");
  EXPECT_THAT(rig.error(kActivate, map_data(on_cni())), HasSubstr("no address left in 10.42.0.0/16"));
}

TEST_F(InstanceReply, H90_R54_no_address_in_time_names_the_steps_that_never_happened) {
  const auto id = add_cni_container();
  const auto pid = std::to_string(engine.container(id)->at("State").at("Pid").get<int>());
  std::filesystem::create_directories(dir + "/proc/" + pid + "/net");
  std::ofstream(dir + "/proc/" + pid + "/stat") << "x";
  const auto error = error_in(std::chrono::milliseconds(5'600), map_data(on_cni()));
  EXPECT_THAT(error, StartsWith("Timeout getting IP address"));
  EXPECT_THAT(error, HasSubstr(id));
  EXPECT_THAT(error, HasSubstr("no interface eth0"));
}

TEST_F(InstanceReply, H90_eth0_in_the_containers_network_gives_the_address) {
  const auto id = add_cni_container();
  const auto net =
      dir + "/proc/" + std::to_string(engine.container(id)->at("State").at("Pid").get<int>()) + "/net";
  std::filesystem::create_directories(net);
  std::ofstream(net + "/../stat") << "x";
  std::ofstream(net + "/dev") << "Inter-|   Receive\n face |bytes\n    lo: 0 0\n  eth0: 1 2\n";
  std::ofstream(net + "/route") << "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
                                   "eth0\t00000000\t0100002A\t0003\t0\t0\t0\t00000000\n"
                                   "eth0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\n";
  std::ofstream(net + "/fib_trie") << "Main:\n  |-- 10.42.3.4\n        /32 host LOCAL\n  |-- 127.0.0.1\n"
                                      "        /32 host LOCAL\n";
  EXPECT_EQ(fields(rig.reply(kActivate, map_data(on_cni()))).at("dockerIp"), "10.42.3.4");
}

TEST_F(InstanceReply, H90_a_container_that_ended_meanwhile_is_a_success_without_address) {
  const auto id = add_cni_container();
  const auto pid = std::to_string(engine.container(id)->at("State").at("Pid").get<int>());
  std::filesystem::create_directories(dir + "/proc/" + pid);
  std::ofstream(dir + "/proc/" + pid + "/stat") << "x";
  std::jthread ending([&] {
    ASSERT_TRUE(engine.wait_for_calls("GET", "/containers/" + id, 1));
    engine.exit_container(id);
    std::filesystem::remove_all(dir + "/proc/" + pid);
  });
  EXPECT_EQ(fields(rig.reply(kActivate, map_data(on_cni()))).at("dockerIp"), "");
}

TEST_F(InstanceReply, H91_a_no_op_needs_no_address) {
  write_state(add_cni_container(), R"({"Error":"broken"})");
  const auto reply = rig.reply(kActivate, map_data(on_cni(), {{"containerNoOpEvent", true}}));
  EXPECT_EQ(fields(reply).at("dockerIp"), "");
}

TEST_F(InstanceReply, H53_H54_a_cni_container_waits_for_its_network_before_the_images_own_program) {
  (void)error_in(std::chrono::milliseconds(5'300), map_data(on_cni()));
  const auto body = engine.create_body(kName);
  EXPECT_EQ(body.at("Entrypoint"), json({"/.r/r", "/entry"}));
  EXPECT_EQ(body.at("Cmd"), json({"run"}));
}

TEST_F(InstanceReply, H53_B7_the_wrap_is_made_anew_after_the_image_was_pulled) {
  engine.set_pull("team/app:1", {.config = {{"Cmd", {"serve"}}}});
  auto connected = instance(kUuid, "web-1", "team/app:1");
  connected["nics"] = on_cni().at("nics");
  connected["data"]["fields"]["entryPoint"] = {"/start"};
  (void)error_in(std::chrono::milliseconds(5'300), map_data(connected));
  const auto body = engine.create_body(kName);
  EXPECT_EQ(body.at("Entrypoint"), json({"/.r/r", "/start"}));
  EXPECT_EQ(body.at("HostConfig").at("Binds").size(), 1U);
}

}  // namespace
}  // namespace cattle::tests
