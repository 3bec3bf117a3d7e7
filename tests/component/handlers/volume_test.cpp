// SPDX-License-Identifier: Apache-2.0
// What becomes of a volume that the server activates, deactivates or removes.
#include "handlers/errors.hpp"
#include "handlers/storage/volume_deactivate.hpp"
#include "tests/component/handlers/volume_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace cattle::handlers {
namespace {

using nlohmann::json;
using support::Fault;
using support::make_event;

json root_of(const json& instance) {
  return {{"name", nullptr},
          {"deviceNumber", 0},
          {"instance", instance},
          {"data", {{"fields", {{"driver", nullptr}}}}}};
}

TEST_F(Volumes, E1_removal_of_a_root_volume_removes_its_container) {
  const auto id = add_container("r-web", "u-1");
  const json instance = {
      {"uuid", "u-1"}, {"externalId", id}, {"state", "removed"}, {"removed", 1795356854835}};
  EXPECT_EQ(remove(root_of(instance)), kReply);
  EXPECT_FALSE(fake_.has_container(id));
}

TEST_F(Volumes, E1_the_uuid_label_alone_finds_the_container) {
  const auto id = add_container("r-web", "u-1");
  const auto other = add_container("r-other", "u-2");
  EXPECT_EQ(remove(root_of({{"uuid", "u-1"}, {"externalId", nullptr}, {"state", "removed"}})), kReply);
  EXPECT_FALSE(fake_.has_container(id));
  EXPECT_TRUE(fake_.has_container(other));
}

TEST_F(Volumes, H097_root_volume_without_container_or_instance_is_removed_already) {
  add_container("r-other", "u-2");
  EXPECT_EQ(remove(root_of({{"uuid", "u-1"}, {"externalId", std::string(64, 'a')}})), kReply);
  EXPECT_EQ(remove(root_of(nullptr)), kReply);
  EXPECT_EQ(calls("DELETE", ""), 0U);
}

TEST_F(Volumes, H097_device_number_null_is_not_the_root_volume) {
  const auto id = add_container("r-web", "u-1");
  fake_.add_volume("v");
  auto volume = managed("v", nullptr);
  volume["instance"] = {{"uuid", "u-1"}, {"externalId", id}};
  EXPECT_EQ(remove(volume), kReply);
  EXPECT_FALSE(fake_.has_volume("v"));
  EXPECT_TRUE(fake_.has_container(id));
}

TEST_F(Volumes, H098_a_managed_volume_is_deleted) {
  fake_.add_volume("v");
  EXPECT_EQ(remove(managed("v")), kReply);
  EXPECT_FALSE(fake_.has_volume("v"));
}

TEST_F(Volumes, E12_R47_repeated_removal_costs_one_call_and_deletes_nothing) {
  EXPECT_EQ(remove(managed("v")), kReply);
  fake_.clear_calls();
  for (int time = 0; time < 3; ++time) EXPECT_EQ(remove(managed("v")), kReply);
  EXPECT_EQ(fake_.calls().size(), 3U);
  EXPECT_EQ(calls("DELETE", ""), 0U);
}

TEST_F(Volumes, E12_a_volume_that_goes_between_look_and_delete_is_success) {
  fake_.add_volume("v");
  fake_.inject(
      {.kind = Fault::Kind::answer, .method = "DELETE", .path_contains = "/volumes/v", .status = 404});
  EXPECT_EQ(remove(managed("v")), kReply);
}

TEST_F(Volumes, H098_a_volume_in_use_is_tried_three_times_and_kept_with_a_warning) {
  fake_.add_volume("v");
  fake_.inject({.kind = Fault::Kind::answer,
                .method = "DELETE",
                .path_contains = "/volumes/v",
                .times = -1,
                .status = 409,
                .message = "remove v: volume is in use"});
  EXPECT_EQ(remove(managed("v")), kReply);
  EXPECT_EQ(calls("DELETE", "/volumes/v"), 3U);
  EXPECT_TRUE(fake_.has_volume("v"));
  EXPECT_TRUE(test_.log.has("still uses it"));
}

TEST_F(Volumes, H098_a_volume_that_is_let_go_meanwhile_is_deleted) {
  fake_.add_volume("v");
  fake_.inject({.kind = Fault::Kind::answer,
                .method = "DELETE",
                .path_contains = "/volumes/v",
                .times = 1,
                .status = 409});
  EXPECT_EQ(remove(managed("v")), kReply);
  EXPECT_FALSE(fake_.has_volume("v"));
}

TEST_F(Volumes, H099_should_retry_is_told_to_the_server_after_one_delete) {
  fake_.add_volume("v");
  fake_.inject({.kind = Fault::Kind::answer,
                .method = "DELETE",
                .path_contains = "/volumes/v",
                .times = -1,
                .status = 500,
                .message = "Error: Should retry"});
  try {
    static_cast<void>(remove(managed("v")));
    FAIL() << "no error";
  } catch (const docker::Error& error) {
    EXPECT_NE(std::string(error.what()).find("Should retry"), std::string::npos);
  }
  EXPECT_EQ(calls("DELETE", "/volumes/v"), 1U);
}

TEST_F(Volumes, H100_host_directories_and_unmanaged_volumes_are_never_deleted) {
  const auto file = directory_.write("data/keep", "precious");
  for (const bool host_path : {true, false}) {
    const json volume = {{"name", "v"},
                         {"deviceNumber", -1},
                         {"uri", "file://" + directory_.path() + "/data"},
                         {"data", {{"fields", {{"driver", nullptr}, {"isHostPath", host_path}}}}}};
    EXPECT_EQ(remove(volume), kReply);
  }
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(Volumes, H094_R51_unmanaged_and_root_volumes_are_activated_without_a_call) {
  EXPECT_EQ(activate(root_of({{"uuid", "u-1"}})), kReply);
  EXPECT_EQ(activate({{"name", "v"}, {"deviceNumber", -1}, {"data", {{"fields", {{"driver", nullptr}}}}}}),
            kReply);
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(Volumes, H095_a_volume_with_name_and_driver_is_managed_whatever_its_device_number) {
  EXPECT_EQ(activate(managed("v", 0)), kReply);
  EXPECT_TRUE(fake_.has_volume("v"));
}

TEST_F(Volumes, H095_an_absent_volume_is_created_and_a_present_one_only_inspected) {
  EXPECT_EQ(activate(managed("v")), kReply);
  EXPECT_TRUE(fake_.has_volume("v"));
  const auto created = fake_.calls("POST", "/volumes/create");
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(json::parse(created.front().body),
            (json{{"Name", "v"}, {"Driver", "local"}, {"DriverOpts", {{"a", "b"}}}}));
  fake_.clear_calls();
  EXPECT_EQ(activate(managed("v")), kReply);
  EXPECT_EQ(fake_.calls().size(), 1U);
}

TEST_F(Volumes, H096_deactivate_answers_without_a_call) {
  const VolumeDeactivate handler;
  EXPECT_EQ(
      handler.handle(make_event("storage.volume.deactivate", map_of(managed("v"))), test_.context).value(),
      kReply);
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(Volumes, bad_data_names_its_path) {
  try {
    static_cast<void>(activate({{"name", json::object()}}));
    FAIL() << "no error";
  } catch (const RequestError& error) {
    EXPECT_NE(std::string(error.what()).find("data.volumeStoragePoolMap.volume.name"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace cattle::handlers
