// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/container_address.hpp"
#include "handlers/compute/docker_ports.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/compute/failure_text.hpp"
#include "handlers/compute/inspect_document.hpp"
#include "handlers/errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace cattle::handlers {
namespace {

using docker::PortSummary;
using nlohmann::json;

class NoProgress : public ProgressSink {
 public:
  void report(const std::string& /*message*/, std::optional<int> /*percent*/) override {}
  void repeat() override {}
};

class NoLog : public EventLog {
 public:
  void debug(std::string_view /*message*/) override {}
  void info(std::string_view /*message*/) override {}
  void warn(std::string_view /*message*/) override {}
  void container(std::string_view /*docker_id*/) override {}
};

TEST(DockerPorts, E3_S43_H86_published_ports_in_the_form_that_servers_parse) {
  const std::vector<PortSummary> ports{{"0.0.0.0", 80, 32768, "tcp"},    {"::", 80, 32768, "tcp"},
                                       {"127.0.0.1", 6666, 7777, "tcp"}, {"::", 53, 5353, "udp"},
                                       {"fd00::1", 81, 8081, "tcp"},     {"", 8080, 0, "tcp"},
                                       {"0.0.0.0", 132, 132, "sctp"}};
  EXPECT_EQ(docker_ports(ports, json::object()),
            json({"0.0.0.0:32768:80/tcp", "127.0.0.1:7777:6666/tcp", "[::]:5353:53/udp",
                  "[fd00::1]:8081:81/tcp", "8080/tcp"}));
}

TEST(DockerPorts, E3_R45_an_ipv6_wildcard_is_no_twin_where_its_own_port_was_asked_for) {
  const json asked = {
      {"HostConfig",
       {{"PortBindings",
         {{"80/tcp",
           {{{"HostIp", "0.0.0.0"}, {"HostPort", "1"}}, {{"HostIp", "::"}, {"HostPort", "2"}}}}}}}}};
  EXPECT_EQ(docker_ports({{"0.0.0.0", 80, 1, "tcp"}, {"::", 80, 2, "tcp"}}, asked),
            json({"0.0.0.0:1:80/tcp", "[::]:2:80/tcp"}));
}

TEST(DockerPorts, E3_R45_the_engine_may_choose_another_port_for_the_ipv6_twin) {
  const json chosen = {
      {"HostConfig", {{"PortBindings", {{"80/tcp", {{{"HostIp", ""}, {"HostPort", ""}}}}}}}}};
  EXPECT_EQ(docker_ports({{"0.0.0.0", 80, 32771, "tcp"}, {"::", 80, 32770, "tcp"}}, chosen),
            json({"0.0.0.0:32771:80/tcp"}));
}

TEST(DockerPorts, H86_without_entries_the_images_exposed_ports) {
  const json inspect = {
      {"Config",
       {{"ExposedPorts",
         {{"80/tcp", json::object()}, {"9/sctp", json::object()}, {"443/tcp", json::object()}}}}},
      {"HostConfig", {{"PortBindings", {{"443/tcp", json::array()}}}}}};
  EXPECT_EQ(docker_ports({}, inspect), json({"80/tcp"}))
      << "443 is published: without its public half it would be lost";
  EXPECT_EQ(docker_ports({}, json::object()), json::array());
  EXPECT_EQ(docker_ports({}, {{"Config", nullptr}}), json::array());
}

TEST(InspectDocument, R46_S44_H87_mounts_have_a_source_a_destination_and_a_boolean_mode) {
  const json inspect = {
      {"Mounts",
       {{{"Type", "bind"}, {"Source", "/srv"}, {"Destination", "/data"}, {"RW", false}, {"Driver", ""}},
        {{"Type", "tmpfs"}, {"Source", ""}, {"Destination", "/tmp"}, {"RW", true}},
        {{"Type", "volume"}, {"Source", "/v"}, {"Destination", "/x"}, {"Driver", "local"}},
        "odd"}}};
  const auto mounts = docker_mounts(inspect);
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].at("RW"), false);
  EXPECT_FALSE(mounts[0].contains("Driver")) << "for the server an empty driver is one";
  EXPECT_EQ(mounts[1].at("RW"), true);
  EXPECT_EQ(mounts[1].at("Driver"), "local");
  EXPECT_EQ(docker_mounts({{"Mounts", nullptr}}), json::array());
  EXPECT_EQ(docker_mounts(json::object()), json::array());
}

TEST(InspectDocument, S46_the_label_fills_in_a_mac_address_but_not_for_a_shared_network) {
  docker::Container container;
  container.labels = {{"io.rancher.container.mac_address", "02:00:00:00:00:01"}};
  container.raw = {{"Config", {{"MacAddress", ""}}},
                   {"NetworkSettings", {{"MacAddress", "02:42:ac:11:00:02"}}}};
  const auto filled = inspect_document(container);
  EXPECT_EQ(filled.at("Config").at("MacAddress"), "02:00:00:00:00:01");
  EXPECT_EQ(filled.at("NetworkSettings").at("MacAddress"), "02:42:ac:11:00:02")
      << "what the engine knows stays";
  container.network_mode = "container:abc";
  EXPECT_EQ(inspect_document(container).at("Config").at("MacAddress"), "");
}

TEST(InspectDocument, S47_labels_and_environment_are_strings) {
  docker::Container container;
  container.raw = {{"Config", {{"Labels", {{"a", 5}, {"b", nullptr}, {"c", "x"}}}, {"Env", {"A=1", 7}}}}};
  const auto document = inspect_document(container);
  EXPECT_EQ(document.at("Config").at("Labels"), json({{"a", "5"}, {"b", nullptr}, {"c", "x"}}));
  EXPECT_EQ(document.at("Config").at("Env"), json({"A=1", "7"}));
}

TEST(EngineAddress, S45_top_level_then_bridge_then_the_others_by_name) {
  const json networks = {{"zeta", {{"IPAddress", "10.0.0.3"}}},
                         {"alpha", {{"IPAddress", ""}}},
                         {"beta", {{"IPAddress", "10.0.0.2"}}}};
  json inspect = {{"NetworkSettings", {{"IPAddress", ""}, {"Networks", networks}}}};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(engine_address(inspect), "10.0.0.2");
  inspect["NetworkSettings"]["Networks"]["bridge"] = {{"IPAddress", "172.17.0.2"}};
  EXPECT_EQ(engine_address(inspect), "172.17.0.2");
  inspect["NetworkSettings"]["IPAddress"] = "172.17.0.9/16";
  EXPECT_EQ(engine_address(inspect), "172.17.0.9");
  EXPECT_EQ(engine_address({{"NetworkSettings", nullptr}}), "");
  EXPECT_EQ(engine_address(json::object()), "");
}

TEST(AgentContainer, S20_any_of_its_names_or_its_own_id) {
  const AgentContainer agent("abc");
  EXPECT_TRUE(agent.is("abc", {"/x"}));
  EXPECT_TRUE(agent.is("1", {"/alias/rancher-agent", "/rancher-agent"}));
  EXPECT_TRUE(agent.is("1", {"/pasturestack-node-agent"}));
  EXPECT_FALSE(agent.is("1", {"/rancher-agent-2", "/x/rancher-agent"}));
  EXPECT_FALSE(AgentContainer("").is("", {}));
}

TEST(AgentContainer, S20_the_own_id_is_read_from_the_mount_on_etc_hostname) {
  std::string dir = (std::filesystem::temp_directory_path() / "agent-XXXXXX").string();
  ASSERT_NE(mkdtemp(dir.data()), nullptr);
  const std::string id(64, 'a');
  const std::string other(64, 'b');
  std::ofstream(dir + "/inside") << "7 1 8:1 /docker/containers/" << other
                                 << "/mounts/shm /var/lib/docker/x rw\n"
                                 << "8 1 8:1 /var/lib/docker/containers/" << id
                                 << "/hostname /etc/hostname rw\n";
  std::ofstream(dir + "/outside") << "7 1 8:1 /docker/containers/" << other
                                  << "/mounts/shm /var/lib/docker/x rw\n";
  EXPECT_EQ(own_container_id(dir + "/inside"), id);
  EXPECT_EQ(own_container_id(dir + "/outside"), "");
  EXPECT_EQ(own_container_id(dir + "/missing"), "");
  std::filesystem::remove_all(dir);
}

TEST(FailureText, names_what_an_engine_can_refuse_and_never_the_environment) {
  const json body = {{"Image", "a:1"},
                     {"Env", {"SECRET=x"}},
                     {"HostConfig",
                      {{"Binds", {"/a:/b:ro"}},
                       {"NetworkMode", "container:web"},
                       {"PortBindings", {{"80/tcp", {{{"HostIp", "1.2.3.4"}, {"HostPort", "8080"}}}}}}}}};
  EXPECT_EQ(named_settings(body),
            "image a:1, ports 1.2.3.4:8080->80/tcp, mounts /a:/b:ro, network container:web");
  EXPECT_EQ(named_settings(json::object()), "image ");
}

/// The most that were in the lane at once.
int most_at_once(EngineLane& lane) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      NoProgress progress;
      NoLog log;
      const Context context{progress, log, {}};
      const auto turn = lane.take(context);
      const int now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
      --inside;
    });
  }
  threads.clear();
  return most;
}

TEST(EngineLane, is_one_on_devicemapper_and_none_on_anything_else) {
  EngineLane lane;
  EXPECT_EQ(most_at_once(lane), 1) << "not known yet";
  lane.learn("overlay2");
  EXPECT_GT(most_at_once(lane), 1);
  lane.learn("devicemapper");
  EXPECT_EQ(most_at_once(lane), 1) << "the engine was replaced";
  lane.learn("");
  EXPECT_EQ(most_at_once(lane), 1);
}

TEST(EngineLane, R39_a_list_that_overlaps_a_turn_is_not_the_truth) {
  EngineLane lane;
  NoProgress progress;
  NoLog log;
  const Context context{progress, log, {}};
  const auto before = lane.changes().begun();
  EXPECT_TRUE(lane.changes().quiet_since(before));
  auto during = before;
  {
    const auto turn = lane.take(context);
    during = lane.changes().begun();
    EXPECT_FALSE(lane.changes().quiet_since(during)) << "under way";
  }
  EXPECT_FALSE(lane.changes().quiet_since(before)) << "begun and ended since";
  EXPECT_FALSE(lane.changes().quiet_since(during)) << "ended since";
  EXPECT_TRUE(lane.changes().quiet_since(lane.changes().begun()));
}

TEST(EngineLane, H105_a_stop_under_way_leaves_a_list_true_until_it_ends) {
  EngineLane lane;
  NoProgress progress;
  NoLog log;
  const Context context{progress, log, {}};
  auto during = lane.changes().begun();
  {
    const auto turn = lane.take(context, ContainerChanges::Effect::stops);
    EXPECT_TRUE(lane.changes().quiet_since(during)) << "it runs, and is listed as running";
    during = lane.changes().begun();
  }
  EXPECT_FALSE(lane.changes().quiet_since(during)) << "ended since";
}

TEST(EngineLane, waiting_ends_with_the_events_time) {
  EngineLane lane;
  NoProgress progress;
  NoLog log;
  const Context first{progress, log, {}};
  const auto turn = lane.take(first);
  Context second{progress, log, {}};
  second.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  EXPECT_THROW((void)lane.take(second), OperationError);
}

}  // namespace
}  // namespace cattle::handlers
