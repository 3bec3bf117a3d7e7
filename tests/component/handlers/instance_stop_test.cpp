// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::Attempt;
using support::Fault;
using support::HandlerRig;
using support::instance;
using support::kActivate;
using support::kBusybox;
using support::kUuid;
using support::map_data;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kDeactivate = "compute.instance.deactivate";
constexpr const char* kRemove = "compute.instance.remove";
constexpr const char* kForceStop = "compute.instance.force.stop";
constexpr const char* kInspect = "compute.instance.inspect";

HandlerRig::Options plain_options(const support::FakeEngine& engine) {
  HandlerRig::Options options;
  options.engine.host = engine.docker_host();
  return options;
}

json root_volume(const json& instance) {
  return {{"volumeStoragePoolMap",
           {{"type", "volumeStoragePoolMap"},
            {"volume", {{"id", 9}, {"deviceNumber", 0}, {"name", nullptr}, {"instance", instance}}}}}};
}

class InstanceStop : public ::testing::Test {
 protected:
  InstanceStop() { engine.add_image(kBusybox); }

  json web() const { return instance(kUuid, "web-1", kBusybox); }
  std::string add(const std::string& name, bool running = true) {
    return engine.add_container(
        name, {{"Image", kBusybox}, {"Cmd", {"sleep"}}, {"Labels", {{"io.rancher.container.uuid", kUuid}}}},
        running);
  }
  static const json& data_of(const json& reply) {
    return reply.at("instanceHostMap").at("instance").at("+data");
  }

  support::FakeEngine engine;
  HandlerRig rig{plain_options(engine)};
};

TEST_F(InstanceStop, H73_a_running_container_is_stopped_in_the_time_that_the_server_gives) {
  add("web");
  const auto reply = rig.reply(kDeactivate, map_data(web(), {{"timeout", 3}}));
  EXPECT_EQ(data_of(reply).at("dockerInspect").at("State").at("Running"), false);
  ASSERT_EQ(engine.calls("POST", "/stop").size(), 1U);
  EXPECT_EQ(engine.calls("POST", "/stop")[0].query.at("t"), "3");
  EXPECT_TRUE(engine.calls("POST", "/kill").empty());
}

TEST_F(InstanceStop, H73_R48_ten_seconds_are_the_default) {
  add("web");
  rig.reply(kDeactivate, map_data(web()));
  EXPECT_EQ(engine.calls("POST", "/stop").at(0).query.at("t"), "10");
}

TEST_F(InstanceStop, H73_what_a_failed_stop_leaves_running_is_killed) {
  add("web");
  engine.inject({.method = "POST", .path_contains = "/stop", .message = "cannot stop container"});
  const auto reply = rig.reply(kDeactivate, map_data(web()));
  EXPECT_EQ(data_of(reply).at("dockerInspect").at("State").at("Running"), false);
  EXPECT_EQ(engine.calls("POST", "/kill").size(), 1U);
}

TEST_F(InstanceStop, R48_a_longer_time_than_the_events_own_is_cut_to_answer_in_time) {
  const auto id = add("web");
  engine.ignore_stop("web");
  Attempt run;
  const auto event =
      HandlerRig::event(kDeactivate, map_data(web(), {{"timeout", 600}}), std::chrono::seconds(10));
  const auto reply = rig.handle(event, run);
  EXPECT_LT(std::chrono::steady_clock::now(), event.received + event.timeout);
  EXPECT_EQ(data_of(*reply).at("dockerInspect").at("State").at("Running"), false);
  EXPECT_EQ(run.log.container_id, id);
}

TEST_F(InstanceStop, H74_R27_R47_stopped_and_missing_containers_are_answered_as_they_are) {
  EXPECT_TRUE(data_of(rig.reply(kDeactivate, map_data(web()))).at("dockerInspect").is_null());
  add("web", false);
  const auto reply = rig.reply(kDeactivate, map_data(web()));
  EXPECT_EQ(data_of(reply).at("dockerInspect").at("State").at("Running"), false);
  EXPECT_TRUE(engine.calls("POST", "").empty());
}

TEST_F(InstanceStop, H74_a_no_op_stops_nothing) {
  add("web");
  const auto reply = rig.reply(kDeactivate, map_data(web(), {{"containerNoOpEvent", true}}));
  EXPECT_EQ(data_of(reply).at("dockerInspect").at("State").at("Running"), true);
}

TEST_F(InstanceStop, H75_R53_a_removal_takes_the_container_of_a_removed_instance_and_leaves_volumes) {
  add("web");
  auto removed = web();
  removed["state"] = "removed";
  removed["removed"] = 1795356854835;
  const auto reply = rig.reply(kRemove, map_data(removed));
  EXPECT_TRUE(data_of(reply).at("dockerInspect").is_null());
  EXPECT_FALSE(engine.has_container("web"));
  const auto calls = engine.calls("DELETE", "/containers/");
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].query.at("force"), "1");
  EXPECT_EQ(calls[0].query.count("v"), 0U) << "the server removes volumes itself";
}

TEST_F(InstanceStop, H75_R47_the_removal_of_a_missing_container_is_an_empty_success) {
  EXPECT_EQ(rig.reply(kRemove, map_data(web())), json::object());
}

TEST_F(InstanceStop, H75_gone_before_the_delete_is_a_success) {
  add("web");
  engine.inject({.method = "DELETE", .status = 404, .message = "No such container"});
  EXPECT_NO_THROW(rig.reply(kRemove, map_data(web())));
}

TEST_F(InstanceStop, H75_a_refused_removal_is_told_in_the_engines_own_words) {
  add("web");
  engine.inject({.method = "DELETE", .status = 409, .message = "cannot remove: device or resource busy"});
  try {
    static_cast<void>(rig.reply(kRemove, map_data(web())));
    FAIL() << "removed";
  } catch (const docker::Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("device or resource busy"));
  }
}

TEST_F(InstanceStop, R49_a_removal_that_is_under_way_is_waited_for) {
  add("web");
  engine.inject(
      {.method = "DELETE", .status = 409, .message = "removal of container web is already in progress"});
  std::jthread other([this] {
    ASSERT_TRUE(engine.wait_for_calls("DELETE", "", 1));
    engine.remove_container("web");
  });
  EXPECT_NO_THROW(rig.reply(kRemove, map_data(web())));
  EXPECT_FALSE(engine.has_container("web")) << "answered before it was gone";
}

TEST_F(InstanceStop, R49_both_events_of_one_removal_succeed_side_by_side) {
  const auto id = add("web");
  auto known = web();
  known["externalId"] = id;
  engine.set_delay(std::chrono::milliseconds(20));
  std::jthread one([&] { EXPECT_NO_THROW(rig.reply(kRemove, map_data(known))); });
  std::jthread two([&] { EXPECT_NO_THROW(rig.reply("storage.volume.remove", root_volume(known))); });
  one.join();
  two.join();
  EXPECT_FALSE(engine.has_container("web"));
}

TEST_F(InstanceStop, E1_E12_H97_the_root_volumes_removal_is_the_containers_and_may_come_again) {
  add("web");
  for (int i = 0; i < 4; ++i) EXPECT_NO_THROW(rig.reply("storage.volume.remove", root_volume(web())));
  EXPECT_FALSE(engine.has_container("web"));
}

TEST_F(InstanceStop, H12_the_uuid_label_goes_before_an_id_without_it) {
  add("web");
  auto known = web();
  known["externalId"] = engine.add_container("other", {{"Image", kBusybox}, {"Cmd", {"sleep"}}});
  rig.reply(kRemove, map_data(known));
  EXPECT_FALSE(engine.has_container("web"));
  EXPECT_TRUE(engine.has_container("other"));
}

TEST_F(InstanceStop, S20_H76_the_agents_own_container_is_neither_stopped_nor_removed) {
  for (const std::string name : {"rancher-agent", "pasturestack-node-agent"}) {
    const auto id = engine.add_container(
        name, {{"Image", kBusybox}, {"Cmd", {"sleep"}}, {"Labels", {{"io.rancher.container.uuid", name}}}});
    const auto agent = instance(name, name, kBusybox);
    for (const std::string event : {kDeactivate, kRemove}) {
      Attempt run;
      const auto reply = rig.handle(HandlerRig::event(event, map_data(agent)), run);
      EXPECT_EQ(reply->at("instanceHostMap").at("instance").at("externalId"), id) << event;
      EXPECT_EQ(run.log.warnings, 1) << event;
    }
    Attempt run;
    EXPECT_NO_THROW(rig.handle(HandlerRig::event("storage.volume.remove", root_volume(agent)), run));
    EXPECT_EQ(rig.handle(HandlerRig::event(kForceStop, {{"instanceForceStop", {{"id", id}}}}), run),
              std::nullopt);
    EXPECT_TRUE(engine.is_running(name));
  }
  EXPECT_TRUE(engine.calls("POST", "").empty());
  EXPECT_TRUE(engine.calls("DELETE", "").empty());
}

TEST_F(InstanceStop, H77_force_stop_gives_ten_seconds_and_answers_nothing) {
  const auto id = add("web");
  Attempt run;
  EXPECT_EQ(
      rig.handle(HandlerRig::event(kForceStop, {{"instanceForceStop", {{"id", id}, {"kind", "docker"}}}}),
                 run),
      std::nullopt);
  EXPECT_FALSE(engine.is_running("web"));
  EXPECT_EQ(engine.calls("POST", "/stop").at(0).query.at("t"), "10");
}

TEST_F(InstanceStop, H78_force_stop_of_what_is_stopped_or_missing_is_no_trouble) {
  const auto id = add("web", false);
  for (const json& wanted : {json(id), json("0123456789abcdef"), json(nullptr)}) {
    Attempt run;
    EXPECT_EQ(rig.handle(HandlerRig::event(kForceStop, {{"instanceForceStop", {{"id", wanted}}}}), run),
              std::nullopt);
  }
}

TEST_F(InstanceStop, H79_R52_inspect_by_id_and_by_name) {
  const auto id = add("inspect_test");
  EXPECT_EQ(rig.reply(kInspect, {{"instanceInspect", {{"id", id}, {"kind", "docker"}}}})
                .at("instanceInspect")
                .at("Id"),
            id);
  for (const std::string name : {"inspect_test", "/inspect_test"}) {
    const auto reply = rig.reply(kInspect, {{"instanceInspect", {{"name", name}}}});
    EXPECT_EQ(reply.at("instanceInspect").at("Name"), "/inspect_test");
  }
  EXPECT_TRUE(engine.calls("GET", "/containers/json").empty()) << "an inspect needs no list";
}

TEST_F(InstanceStop, H80_E10_an_unknown_container_is_a_success_without_id_and_name) {
  add("web");
  const auto reply = rig.reply(kInspect, {{"instanceInspect", {{"id", "ffff"}, {"name", "we"}}}});
  EXPECT_EQ(reply.at("instanceInspect"), json::object());
}

TEST_F(InstanceStop, H81_the_name_is_tried_when_the_id_is_unknown) {
  const auto id = add("web");
  const auto reply = rig.reply(kInspect, {{"instanceInspect", {{"id", "ffff"}, {"name", "web"}}}});
  EXPECT_EQ(reply.at("instanceInspect").at("Id"), id);
}

TEST_F(InstanceStop, E9_inspect_has_no_key_and_runs_beside_everything) {
  const auto& route = rig.route(kInspect);
  EXPECT_EQ(route.admission, handlers::Admission::immediate);
  EXPECT_EQ(route.key(HandlerRig::event(kInspect, {{"instanceInspect", {{"id", "x"}}}})).key, "");
}

/// A whole life costs at most 5 + 4 + 3 requests, and none of them is a list of everything.
TEST_F(InstanceStop, a_cycle_costs_five_four_and_three_engine_calls) {
  (void)rig.engine().known_version({});
  engine.clear_calls();
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_LE(engine.calls().size(), 5U);
  auto known = web();
  known["externalId"] = reply.at("instanceHostMap").at("instance").at("externalId");
  for (const auto& [event, most] :
       {std::pair{kDeactivate, 4U}, std::pair{kActivate, 4U}, std::pair{kDeactivate, 4U},
        std::pair{kRemove, 3U}, std::pair{kRemove, 3U}, std::pair{kDeactivate, 4U}}) {
    const auto before = engine.calls().size();
    rig.reply(event, map_data(known));
    EXPECT_LE(engine.calls().size() - before, most) << event;
  }
  for (const auto& call : engine.calls("GET", "/containers/json")) {
    ASSERT_EQ(call.query.count("filters"), 1U);
    EXPECT_THAT(call.query.at("filters"),
                ::testing::AnyOf(StartsWith(R"({"id":[)"), StartsWith(R"({"label":[)")));
  }
}

TEST_F(InstanceStop, a_removal_costs_two_calls_where_only_the_uuid_is_known) {
  add("web");
  engine.clear_calls();
  rig.reply("storage.volume.remove", root_volume(web()));
  EXPECT_EQ(engine.calls("", "/containers/").size(), 2U);
}

}  // namespace
}  // namespace cattle::tests
