// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::Fault;
using support::instance;
using support::kActivate;
using support::kBusybox;
using support::kUuid;
using support::map_data;
using ::testing::HasSubstr;
using ::testing::StartsWith;

support::HandlerRig::Options options_with_address(const support::FakeEngine& engine) {
  support::HandlerRig::Options options;
  options.engine.host = engine.docker_host();
  options.host.host_ip = "10.1.2.3";
  return options;
}

class InstanceActivate : public ::testing::Test {
 protected:
  InstanceActivate() { engine.add_image(kBusybox); }

  json web() const { return instance(kUuid, "web-1", kBusybox); }
  std::string add(const std::string& name, bool running, const std::string& uuid = kUuid) {
    return engine.add_container(
        name, {{"Image", kBusybox}, {"Cmd", {"sleep"}}, {"Labels", {{"io.rancher.container.uuid", uuid}}}},
        running);
  }
  std::size_t changes() const { return engine.calls("POST", "").size() + engine.calls("DELETE", "").size(); }
  static const json& described(const json& reply) { return reply.at("instanceHostMap").at("instance"); }

  support::FakeEngine engine;
  support::HandlerRig rig{options_with_address(engine)};
};

TEST_F(InstanceActivate, H12_H88_R27_R44_a_running_container_is_described_and_not_touched) {
  const auto id = add("renamed-by-hand", true);
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_EQ(described(reply).at("externalId"), id);
  EXPECT_EQ(described(reply).at("+data").at("dockerInspect").at("Id"), id);
  EXPECT_EQ(described(reply).at("+data").at("dockerContainer").at("Id"), id);
  const auto& fields = described(reply).at("+data").at("+fields");
  EXPECT_EQ(fields.at("dockerHostIp"), "10.1.2.3");
  EXPECT_THAT(fields.at("dockerIp").get<std::string>(), StartsWith("172.17.0."));
  EXPECT_EQ(fields.at("dockerPorts"), json::array());
  EXPECT_EQ(changes(), 0U);
}

TEST_F(InstanceActivate, H13_a_container_is_found_by_its_docker_id) {
  const auto id = engine.add_container("by-hand", {{"Image", kBusybox}}, true);
  auto native = web();
  native["externalId"] = id;
  EXPECT_EQ(described(rig.reply(kActivate, map_data(native))).at("externalId"), id);
  EXPECT_EQ(changes(), 0U);
}

TEST_F(InstanceActivate, H14_a_start_does_not_fail_on_what_only_a_creation_uses) {
  add("r-web-1-c861f990", false);
  auto stopped = web();
  stopped["ports"] = "none";
  stopped["nics"] = 5;
  stopped["instanceLinks"] = "none";
  stopped["image"] = {{"name", 5}};
  stopped["data"]["fields"] = {{"imageUuid", 5}, {"memory", "much"}};
  const auto reply = rig.reply(kActivate, map_data(stopped));
  EXPECT_EQ(described(reply).at("+data").at("dockerInspect").at("State").at("Running"), true);
}

TEST_F(InstanceActivate, H14_a_stopped_container_is_started) {
  add("r-web-1-c861f990", false);
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_EQ(described(reply).at("+data").at("dockerInspect").at("State").at("Running"), true);
  EXPECT_TRUE(engine.calls("POST", "/containers/create").empty());
  EXPECT_EQ(engine.calls("POST", "/start").size(), 1U);
}

TEST_F(InstanceActivate, what_the_engine_warns_of_at_a_creation_is_logged) {
  engine.warn_at_create("Your kernel does not support Block I/O weight. Weight discarded.");
  support::Attempt run;
  (void)rig.handle(support::HandlerRig::event(kActivate, map_data(web())), run);
  EXPECT_THAT(run.log.text, HasSubstr("Block I/O weight. Weight discarded."));
  EXPECT_EQ(run.log.warnings, 1);
}

TEST_F(InstanceActivate, H15_H20_R40_a_missing_container_is_created_and_started) {
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_TRUE(engine.is_running("r-web-1-c861f990"));
  EXPECT_EQ(described(reply).at("externalId"), engine.container_ids().at(0));
  EXPECT_EQ(engine.create_body("r-web-1-c861f990").at("Labels").at("io.rancher.container.uuid"), kUuid);
}

TEST_F(InstanceActivate, H16_R43_a_no_op_starts_nothing) {
  add("web", false);
  const auto reply = rig.reply(kActivate, map_data(web(), {{"containerNoOpEvent", true}}));
  EXPECT_EQ(described(reply).at("+data").at("dockerInspect").at("State").at("Running"), false);
  EXPECT_EQ(changes(), 0U);
}

TEST_F(InstanceActivate, H17_a_no_op_of_a_missing_container_is_answered_with_nulls) {
  const auto reply = rig.reply(kActivate, map_data(web(), {{"containerNoOpEvent", true}}));
  const auto& data = described(reply).at("+data");
  EXPECT_TRUE(data.at("dockerContainer").is_null());
  EXPECT_TRUE(data.at("dockerInspect").is_null());
  EXPECT_EQ(data.at("dockerMounts"), json::array());
  EXPECT_TRUE(data.at("+fields").at("dockerIp").is_null());
  EXPECT_TRUE(data.at("+fields").at("dockerPorts").is_null());
  EXPECT_FALSE(described(reply).contains("externalId")) << "the server's value must not become empty";
  EXPECT_EQ(changes(), 0U);
}

TEST_F(InstanceActivate, H18_only_the_boolean_true_is_a_no_op) {
  rig.reply(kActivate, map_data(web(), {{"containerNoOpEvent", "true"}}));
  EXPECT_TRUE(engine.is_running("r-web-1-c861f990"));
}

TEST_F(InstanceActivate, H19_without_an_image_nothing_is_created) {
  auto blank = web();
  blank["data"]["fields"].erase("imageUuid");
  EXPECT_THAT(rig.error(kActivate, map_data(blank)), HasSubstr("imageUuid"));
  EXPECT_EQ(changes(), 0U);
}

TEST_F(InstanceActivate, H22_R41_a_foreign_container_of_that_name_is_left_alone) {
  const auto other = add("r-web-1-c861f990", false, "another-uuid");
  const auto error = rig.error(kActivate, map_data(web()));
  EXPECT_THAT(error, HasSubstr("already in use"));
  EXPECT_THAT(error, HasSubstr("r-web-1-c861f990"));
  EXPECT_EQ(engine.container_ids(), std::vector<std::string>{other});
  EXPECT_FALSE(engine.is_running("r-web-1-c861f990"));
}

TEST_F(InstanceActivate, R41_its_own_container_made_by_a_create_without_answer_is_adopted) {
  engine.inject({.kind = Fault::Kind::drop_after, .method = "POST", .path_contains = "/containers/create"});
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_EQ(engine.container_ids().size(), 1U);
  EXPECT_EQ(described(reply).at("externalId"), engine.container_ids().at(0));
  EXPECT_TRUE(engine.is_running("r-web-1-c861f990"));
}

TEST_F(InstanceActivate, H67_a_missing_image_is_pulled_and_the_container_created_again) {
  engine.set_pull("team/app:2", {});
  rig.reply(kActivate, map_data(instance(kUuid, "web-1", "team/app:2")));
  EXPECT_TRUE(engine.is_running("r-web-1-c861f990"));
  EXPECT_EQ(engine.calls("POST", "/containers/create").size(), 2U);
  EXPECT_EQ(engine.calls("POST", "/images/create").size(), 1U);
}

TEST_F(InstanceActivate, H68_another_404_of_create_is_an_error_without_a_pull) {
  engine.inject({.method = "POST",
                 .path_contains = "/containers/create",
                 .status = 404,
                 .message = "No such container: r-net-1"});
  const auto error = rig.error(kActivate, map_data(web()));
  EXPECT_THAT(error, HasSubstr("No such container: r-net-1"));
  EXPECT_TRUE(engine.calls("POST", "/images/create").empty());
}

TEST_F(InstanceActivate, H69_S49_pull_always_pulls_before_a_create_only) {
  engine.set_pull(kBusybox, {});
  auto always = web();
  always["data"]["fields"]["labels"] = {{"io.rancher.container.pull_image", "always"}};
  rig.reply(kActivate, map_data(always));
  EXPECT_EQ(engine.calls("POST", "/images/create").size(), 1U);
  rig.reply(kActivate, map_data(always));
  EXPECT_EQ(engine.calls("POST", "/images/create").size(), 1U) << "the container exists now";
}

TEST_F(InstanceActivate, H71_a_container_that_does_not_start_is_removed_with_its_volumes) {
  engine.inject(
      {.method = "POST", .path_contains = "/start", .message = "driver failed: port is already allocated"});
  const auto error = rig.error(kActivate, map_data(web()));
  EXPECT_THAT(error, HasSubstr("port is already allocated"));
  EXPECT_THAT(error, HasSubstr(kBusybox));
  EXPECT_TRUE(engine.container_ids().empty());
  const auto removed = engine.calls("DELETE", "/containers/");
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].query.at("v"), "1");
  EXPECT_EQ(removed[0].query.at("force"), "1");
}

TEST_F(InstanceActivate, H71_a_failed_removal_does_not_hide_why_it_did_not_start) {
  engine.inject({.method = "POST", .path_contains = "/start", .message = "the real reason"});
  engine.inject({.method = "DELETE", .message = "another one"});
  EXPECT_THAT(rig.error(kActivate, map_data(web())), HasSubstr("the real reason"));
}

TEST_F(InstanceActivate, H72_a_container_that_was_there_stays_when_it_does_not_start) {
  add("r-web-1-c861f990", false);
  engine.fail_start("r-web-1-c861f990", "no such device");
  EXPECT_THAT(rig.error(kActivate, map_data(web())), HasSubstr("no such device"));
  EXPECT_TRUE(engine.has_container("r-web-1-c861f990"));
}

TEST_F(InstanceActivate, R42_three_events_create_start_and_describe) {
  rig.reply(kActivate, map_data(web()));
  engine.exit_container("r-web-1-c861f990");
  rig.reply(kActivate, map_data(web()));
  rig.reply(kActivate, map_data(web()));
  EXPECT_EQ(engine.calls("POST", "/containers/create").size(), 1U);
  EXPECT_EQ(engine.calls("POST", "/start").size(), 2U);
}

TEST_F(InstanceActivate, an_empty_uuid_matches_no_container) {
  engine.add_container(
      "plain", {{"Image", kBusybox}, {"Cmd", {"sleep"}}, {"Labels", {{"io.rancher.container.uuid", ""}}}},
      true);
  auto nobody = web();
  nobody["uuid"] = "";
  const auto reply = rig.reply(kActivate, map_data(nobody, {{"containerNoOpEvent", true}}));
  EXPECT_TRUE(described(reply).at("+data").at("dockerInspect").is_null());
}

TEST_F(InstanceActivate, a_plain_container_called_like_the_uuid_is_found_where_nothing_is_created) {
  const auto id = engine.add_container("plain", {{"Image", kBusybox}, {"Cmd", {"sleep"}}}, true);
  const auto reply =
      rig.reply(kActivate, map_data(instance("plain", "x", kBusybox), {{"containerNoOpEvent", true}}));
  EXPECT_EQ(described(reply).at("externalId"), id);
}

TEST_F(InstanceActivate, gone_between_list_and_inspect_is_answered_with_nulls) {
  const auto id = add("web", true);
  engine.inject(
      {.method = "GET", .path_contains = "/containers/" + id, .status = 404, .message = "No such container"});
  const auto reply = rig.reply(kActivate, map_data(web()));
  EXPECT_TRUE(described(reply).at("+data").at("dockerInspect").is_null());
}

TEST_F(InstanceActivate, H65_a_data_volume_is_made_before_the_container) {
  auto with_volume = web();
  with_volume["volumesFromDataVolumeMounts"] = {
      {{"name", "v1"}, {"data", {{"fields", {{"driver", "local"}, {"driverOpts", {{"a", "b"}}}}}}}}};
  with_volume["data"]["fields"]["dataVolumes"] = {"v1:/data"};
  rig.reply(kActivate, map_data(with_volume));
  EXPECT_TRUE(engine.has_volume("v1"));
  const auto posts = engine.calls("POST", "");
  ASSERT_GE(posts.size(), 2U);
  EXPECT_EQ(posts[0].path, "/volumes/create");
  EXPECT_EQ(posts[1].path, "/containers/create");
  EXPECT_EQ(engine.create_body("r-web-1-c861f990").at("HostConfig").at("Binds").at(0), "v1:/data:rw");
}

TEST_F(InstanceActivate, H64_volumes_from_other_instances_are_looked_up) {
  const auto by_uuid = add("one", true, "uuid-1");
  const auto by_id = engine.add_container("two", {{"Image", kBusybox}, {"Cmd", {"sleep"}}}, true);
  auto reader = web();
  reader["dataVolumesFromContainers"] = {
      {{"uuid", "uuid-1"}}, {{"uuid", "unknown"}, {"externalId", by_id}}, {{"uuid", "nobody"}}};
  rig.reply(kActivate, map_data(reader));
  EXPECT_EQ(engine.create_body("r-web-1-c861f990").at("HostConfig").at("VolumesFrom"),
            json({by_uuid, by_id}));
}

}  // namespace
}  // namespace cattle::tests
