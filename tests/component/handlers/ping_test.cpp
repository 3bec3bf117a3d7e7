// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/ping.hpp"

#include "docker-client/client.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <memory>
#include <thread>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Fault;
using Clock = std::chrono::steady_clock;

class PingTest : public ::testing::Test {
 protected:
  PingTest() : engine_(engine_options()) {
    fake_.add_image("busybox");
    options_.docker_uuid = "host-1";
    options_.physical_host_uuid = "physical-1";
    options_.hostname = "vm";
    options_.host_ip = "192.0.2.7";
    options_.state_dir = directory_.path();
    options_.iops_dir = directory_.path();
    options_.host_key_file = directory_.path() + "/host.key";
    options_.create_labels = {{"foo", "bar"}};
  }

  docker::EngineOptions engine_options() const {
    docker::EngineOptions options;
    options.host = fake_.docker_host();
    return options;
  }
  subscriber::Event event(const json& options) const {
    auto made = support::make_event("ping", {{"options", options}, {"resources", json::array()}});
    made.timeout = 15s;
    return made;
  }
  json answer(const json& options) { return ping().handle(event(options), test_.context).value(); }
  Ping& ping() {
    if (!ping_) ping_ = std::make_unique<Ping>(options_, engine_, changes_, times_);
    return *ping_;
  }
  static json of_type(const json& answer, const std::string& type) {
    auto found = json::array();
    for (const auto& resource : answer.value("resources", json::array())) {
      if (resource.at("type") == type) found.push_back(resource);
    }
    return found;
  }
  void hang() { fake_.inject({.kind = Fault::Kind::hang, .times = -1}); }

  support::TempDir directory_;
  support::FakeEngine fake_;
  docker::Client engine_;
  HostOptions options_;
  PingTimes times_{.all = 600ms, .host_key = 600ms, .address = 100ms};
  support::TestContext test_;
  ContainerChanges changes_;
  std::unique_ptr<Ping> ping_;
};

const json kAll = {{"resources", true}, {"stats", true}, {"instances", true}};

TEST_F(PingTest, H003_E2_the_keep_alive_is_not_answered) {
  auto keep_alive = event(kAll);
  keep_alive.reply_to.clear();
  EXPECT_EQ(ping().handle(keep_alive, test_.context), std::nullopt);
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(PingTest, H102_R31_without_options_nothing_is_asked_and_nothing_told) {
  const json bare = {{"options", json::object()}};
  EXPECT_EQ(answer(json::object()), bare);
  EXPECT_EQ(answer(nullptr), bare);
  EXPECT_EQ(answer({{"resources", "true"}, {"instances", 1}, {"stats", true}}), bare);
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(PingTest, H103_R31_R32_R33_resources_name_one_host_with_consistent_uuids) {
  for (int time = 0; time < 2; ++time) {
    ping_.reset();
    const auto told = answer({{"resources", true}});
    EXPECT_EQ(told.at("options"), json::object());
    ASSERT_EQ(told.at("resources").size(), 4U);
    EXPECT_EQ(
        of_type(told, "physicalHost").at(0),
        (json{{"type", "physicalHost"}, {"kind", "physicalHost"}, {"uuid", "physical-1"}, {"name", "vm"}}));
    const auto host = of_type(told, "host").at(0);
    EXPECT_EQ(host.at("uuid"), "host-1");
    EXPECT_EQ(host.at("physicalHostUuid"), "physical-1");
    EXPECT_EQ(host.at("createLabels"), (json{{"foo", "bar"}}));
    EXPECT_FALSE(host.contains("info"));
    EXPECT_FALSE(host.contains("memory"));
    EXPECT_EQ(of_type(told, "storagePool").at(0), (json{{"type", "storagePool"},
                                                        {"kind", "docker"},
                                                        {"name", "vm Storage Pool"},
                                                        {"hostUuid", "host-1"},
                                                        {"uuid", "host-1-pool"}}));
    EXPECT_EQ(
        of_type(told, "ipAddress").at(0),
        (json{
            {"type", "ipAddress"}, {"uuid", "192.0.2.7"}, {"address", "192.0.2.7"}, {"hostUuid", "host-1"}}));
  }
}

TEST_F(PingTest, R32_an_address_that_is_unknown_is_left_out) {
  options_.host_ip.clear();
  EXPECT_TRUE(of_type(answer({{"resources", true}}), "ipAddress").empty());
}

TEST_F(PingTest, H104_R34_R35_stats_bring_info_memory_and_cpus) {
  times_ = {.all = 1800ms, .host_key = 1800ms, .address = 100ms};
  const auto host = of_type(answer({{"resources", true}, {"stats", true}}), "host").at(0);
  for (const auto& [key, value] : host.at("info").items()) EXPECT_TRUE(value.is_object()) << key;
  EXPECT_EQ(host.at("milliCpu"), host.at("info").at("cpuInfo").at("count").get<std::int64_t>() * 1000);
  EXPECT_TRUE(host.at("memory").is_number_integer());
  EXPECT_EQ(host.at("info")
                .at("osInfo")
                .at("dockerVersion")
                .get<std::string>()
                .find("Docker version 20.10.24, build "),
            0U);
  for (const auto& [key, value] : host.at("labels").items()) EXPECT_TRUE(value.is_string()) << key;
  EXPECT_EQ(host.at("labels").at("io.rancher.host.docker_version"), "20.10");
}

TEST_F(PingTest, H109_overrides_win) {
  options_.memory_override = 42;
  options_.milli_cpu_override = 43;
  options_.local_storage_mb_override = 44;
  const auto host = of_type(answer({{"resources", true}}), "host").at(0);
  EXPECT_EQ(host.at("memory"), 42);
  EXPECT_EQ(host.at("milliCpu"), 43);
  EXPECT_EQ(host.at("localStorageMb"), 44);
}

TEST_F(PingTest, H110_switched_off_it_still_answers) {
  options_.ping_enabled = false;
  EXPECT_EQ(answer(kAll), (json{{"options", json::object()}}));
  ping_.reset();
  options_.ping_enabled = true;
  options_.docker_enabled = false;
  EXPECT_EQ(answer(kAll), (json{{"options", json::object()}}));
}

TEST_F(PingTest, H105_R36_E9_E19_instances_are_the_whole_truth_of_this_moment) {
  fake_.add_container("native", {{"Image", "busybox"}});
  const auto ours = fake_.add_container(
      "r-web", {{"Image", "busybox"}, {"Labels", {{"io.rancher.container.uuid", "u-1"}}}});
  fake_.add_container("never-started", {{"Image", "busybox"}}, false);
  auto told = answer({{"instances", true}});
  EXPECT_EQ(told.at("options"), (json{{"instances", true}}));
  EXPECT_EQ(of_type(told, "hostUuid"), json::array({{{"type", "hostUuid"}, {"uuid", "host-1"}}}));
  ASSERT_EQ(of_type(told, "instance").size(), 2U);
  fake_.exit_container("r-web");
  told = answer({{"instances", true}});
  for (const auto& instance : of_type(told, "instance")) {
    const bool is_ours = instance.at("dockerId") == ours;
    EXPECT_EQ(instance.at("uuid"), is_ours ? "u-1" : "native");
    EXPECT_EQ(instance.at("state"), is_ours ? "stopped" : "running");
  }
  EXPECT_EQ(fake_.calls("GET", "/containers/json").size(), 2U);
}

TEST_F(PingTest, H106_R29_R36_a_hanging_engine_costs_the_instances_and_no_time) {
  static_cast<void>(answer(kAll));
  hang();
  const auto began = Clock::now();
  const auto told = answer(kAll);
  EXPECT_LT(Clock::now() - began, 2s);
  EXPECT_FALSE(told.at("options").contains("instances"));
  EXPECT_TRUE(of_type(told, "instance").empty());
  // What was known of the engine is still told.
  EXPECT_EQ(of_type(told, "host").at(0).at("labels").at("io.rancher.host.docker_version"), "20.10");
}

TEST_F(PingTest, H106_an_engine_that_hangs_from_the_start_does_not_hide_the_host) {
  hang();
  times_ = {};
  auto activation = event({{"resources", true}, {"stats", true}});
  activation.timeout = 2s;
  const auto began = Clock::now();
  const auto told = ping().handle(activation, test_.context).value();
  EXPECT_LT(Clock::now() - began, 2s);
  EXPECT_EQ(of_type(told, "host").size(), 1U);
  EXPECT_FALSE(of_type(told, "host").at(0).at("info").contains("osInfo"));
}

TEST_F(PingTest, R36_R39_a_list_that_a_change_overlaps_is_not_called_complete) {
  {
    const ContainerChanges::Change change(changes_);
    const auto told = answer({{"instances", true}});
    EXPECT_FALSE(told.at("options").contains("instances"));
    EXPECT_TRUE(of_type(told, "instance").empty());
  }
  EXPECT_TRUE(answer({{"instances", true}}).at("options").at("instances"));
}

TEST_F(PingTest, H105_E19_a_list_that_a_short_change_overlaps_is_read_again) {
  times_.between_lists = 50ms;
  auto change = std::make_unique<ContainerChanges::Change>(changes_);
  std::jthread ends([&] {
    ASSERT_TRUE(fake_.wait_for_calls("GET", "/containers/json", 1));
    change.reset();
  });
  EXPECT_TRUE(answer({{"instances", true}}).at("options").at("instances"));
  EXPECT_GE(fake_.calls("GET", "/containers/json").size(), 2U);
}

TEST_F(PingTest, R36_a_list_that_fails_is_not_an_empty_list) {
  fake_.inject({.kind = Fault::Kind::answer, .path_contains = "/containers/json", .times = 1, .status = 500});
  const auto told = answer({{"instances", true}});
  EXPECT_FALSE(told.at("options").contains("instances"));
  EXPECT_EQ(of_type(told, "hostUuid").size(), 1U);
}

TEST_F(PingTest, H112_pings_at_once_ask_the_engine_once_about_itself) {
  fake_.set_delay(50ms);
  std::vector<std::future<json>> answers;
  answers.reserve(10);
  static_cast<void>(ping());
  for (int count = 0; count < 5; ++count) {
    answers.push_back(std::async(std::launch::async, [this] {
      support::TestContext own;
      return ping().handle(event({{"resources", true}, {"stats", true}}), own.context).value();
    }));
  }
  for (auto& told : answers) EXPECT_EQ(of_type(told.get(), "host").size(), 1U);
  EXPECT_EQ(fake_.calls("GET", "/info").size(), 1U);
}

TEST_F(PingTest, a_full_ping_with_200_containers_costs_little_of_ours) {
  for (int count = 0; count < 200; ++count)
    fake_.add_container("c" + std::to_string(count), {{"Image", "busybox"}});
  static_cast<void>(answer(kAll));
  // The list, made by the fake engine in this same process, is not ours: it is taken off.
  const auto began = Clock::now();
  const auto list = engine_.list_containers({}, test_.context.call);
  const auto listed = Clock::now();
  const auto told = answer(kAll);
  const auto ended = Clock::now();
  EXPECT_EQ(of_type(told, "instance").size(), 200U);
  RecordProperty("ours_ms", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                 (ended - listed) - (listed - began))
                                                 .count()));
  EXPECT_LT((ended - listed) - (listed - began), 500ms);
}

}  // namespace
}  // namespace cattle::handlers
