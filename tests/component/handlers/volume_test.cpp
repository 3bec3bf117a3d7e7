// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/container_removal.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/errors.hpp"
#include "handlers/storage/volume_activate.hpp"
#include "handlers/storage/volume_deactivate.hpp"
#include "handlers/storage/volume_preparation.hpp"
#include "handlers/storage/volume_remove.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_fixture.hpp"
#include "tests/support/scripted_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>

namespace cattle::handlers {
namespace {

using nlohmann::json;
using support::Fault;
using support::make_event;
using ::testing::ElementsAre;

const json kReply = {{"volumeStoragePoolMap", {{"volume", {{"format", "docker"}}}}}};

json map_of(const json& volume) {
  return {{"volumeStoragePoolMap", {{"volume", volume}, {"storagePool", nullptr}}}};
}

json managed(const std::string& name, const json& device_number = -1, const std::string& driver = "local") {
  return {{"name", name},
          {"deviceNumber", device_number},
          {"data", {{"fields", {{"driver", driver}, {"driverOpts", {{"a", "b"}}}}}}}};
}

json root_of(const json& instance) {
  return {{"name", nullptr},
          {"deviceNumber", 0},
          {"instance", instance},
          {"data", {{"fields", {{"driver", nullptr}}}}}};
}

class Volumes : public ::testing::Test {
 protected:
  Volumes() : engine_(options()) { fake_.add_image("busybox"); }

  docker::EngineOptions options() const {
    docker::EngineOptions options;
    options.host = fake_.docker_host();
    return options;
  }

  json activate(const json& volume) {
    const VolumeActivate handler(engine_, plugins_);
    return handler.handle(make_event("storage.volume.activate", map_of(volume)), test_.context).value();
  }
  json remove(const json& volume) {
    const VolumeRemove handler(engine_, plugins_, removal_, std::chrono::milliseconds(5));
    return handler.handle(make_event("storage.volume.remove", map_of(volume)), test_.context).value();
  }
  std::map<std::string, std::string> prepare(const json& volume) {
    const VolumePreparation preparation(engine_, plugins_);
    return preparation.prepare({decode_volume(JsonFields(volume, "volume"))}, test_.context);
  }
  std::string add_container(const std::string& name, const std::string& uuid) {
    return fake_.add_container(name,
                               {{"Image", "busybox"}, {"Labels", {{"io.rancher.container.uuid", uuid}}}});
  }
  /// A driver that answers `capabilities` and agrees to all else.
  std::unique_ptr<support::ScriptedSocket> driver(const std::string& name, const std::string& scope,
                                                  support::SocketAnswer other = {
                                                      200, R"({"Mountpoint":"/mnt/v"})"}) {
    return std::make_unique<support::ScriptedSocket>(
        directory_.path() + "/" + name + ".sock", [scope, other](const support::SocketRequest& request) {
          if (request.path != "/VolumeDriver.Capabilities") return other;
          return support::SocketAnswer{200, json{{"Capabilities", {{"Scope", scope}}}}.dump()};
        });
  }
  std::size_t calls(const std::string& method, const std::string& path) const {
    return fake_.calls(method, path).size();
  }

  support::TempDir directory_;
  support::FakeEngine fake_;
  docker::Client engine_;
  AgentContainer agent_{""};
  EngineLane lane_;
  ContainerRemoval removal_{engine_, agent_, lane_};
  VolumePlugins plugins_{directory_.path(), std::chrono::seconds(5)};
  support::TestContext test_;
};

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

TEST_F(Volumes, H065_data_volumes_are_created_before_use_and_only_when_absent) {
  EXPECT_TRUE(prepare(managed("v")).empty());
  EXPECT_EQ(calls("POST", "/volumes/create"), 1U);
  EXPECT_TRUE(prepare(managed("v")).empty());
  EXPECT_EQ(calls("POST", "/volumes/create"), 1U);
}

TEST_F(Volumes, H066_a_flex_driver_creates_attaches_and_mounts_without_docker) {
  const auto plugin = driver("rancher-ebs", "flex");
  EXPECT_EQ(prepare(managed("v", -1, "rancher-ebs")), (std::map<std::string, std::string>{{"v", "/mnt/v"}}));
  EXPECT_THAT(plugin->paths(), ElementsAre("/VolumeDriver.Capabilities", "/VolumeDriver.Create",
                                           "/VolumeDriver.Attach", "/VolumeDriver.Mount"));
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(Volumes, H066_a_missing_socket_is_an_error_that_names_it) {
  try {
    static_cast<void>(prepare(managed("v", -1, "rancher-nfs")));
    FAIL() << "no error";
  } catch (const OperationError& error) {
    EXPECT_NE(
        std::string(error.what()).find("socket file not found at " + directory_.path() + "/rancher-nfs.sock"),
        std::string::npos);
  }
  EXPECT_TRUE(fake_.calls().empty());
}

TEST_F(Volumes, H066_a_driver_that_does_not_know_attach_is_no_failure) {
  fake_.add_volume("v", "rancher-nfs");
  const auto plugin = driver("rancher-nfs", "local", {404, "404 page not found\n"});
  EXPECT_TRUE(prepare(managed("v", -1, "rancher-nfs")).empty());
}

TEST_F(Volumes, H066_what_a_driver_refuses_is_told_in_its_own_words) {
  fake_.add_volume("v", "rancher-nfs");
  const auto plugin = driver("rancher-nfs", "local", {400, R"({"Err":"no such export"})"});
  try {
    static_cast<void>(prepare(managed("v", -1, "rancher-nfs")));
    FAIL() << "no error";
  } catch (const OperationError& error) {
    EXPECT_EQ(
        std::string(error.what()),
        "Failed to attach volume v. Driver: rancher-nfs. Status code: 400. Error Message: no such export");
  }
}

TEST_F(Volumes, H066_a_hanging_driver_ends_with_the_time_limit) {
  const auto plugin = driver("rancher-nfs", "local", {200, "{}", true});
  const VolumePlugins plugins(directory_.path(), std::chrono::milliseconds(200));
  EXPECT_THROW(plugins.attach("rancher-nfs", "v", {}, test_.context), http::TransportError);
}

TEST_F(Volumes, flex_volumes_are_activated_and_removed_by_their_driver) {
  const auto plugin = driver("rancher-efs", "flex");
  EXPECT_EQ(activate(managed("v", -1, "rancher-efs")), kReply);
  EXPECT_EQ(remove(managed("v", nullptr, "rancher-efs")), kReply);
  EXPECT_THAT(plugin->paths(), ElementsAre("/VolumeDriver.Capabilities", "/VolumeDriver.Create",
                                           "/VolumeDriver.Capabilities", "/VolumeDriver.Remove"));
  EXPECT_EQ(json::parse(plugin->requests().back().body), (json{{"Name", "v"}}));
  EXPECT_EQ(calls("POST", ""), 0U);
}

TEST_F(Volumes, flex_volume_that_docker_knows_is_deleted_by_docker) {
  const auto plugin = driver("rancher-efs", "flex");
  fake_.add_volume("v");
  EXPECT_EQ(remove(managed("v", -1, "rancher-efs")), kReply);
  EXPECT_FALSE(fake_.has_volume("v"));
  EXPECT_THAT(plugin->paths(), ElementsAre("/VolumeDriver.Capabilities"));
}

TEST_F(Volumes, a_driver_name_never_chooses_a_path) {
  const auto plugin = driver("evil", "flex");
  for (const auto* name : {"../evil", "evil", "/tmp/evil", "rancher-nfs/../evil"}) {
    EXPECT_EQ(plugins_.kind_of(name, "v", {}, test_.context), DriverKind::engine);
  }
  EXPECT_TRUE(plugin->requests().empty());
}

/// An engine with plugins, whose volumes may have moved.
class PluginVolumes : public ::testing::Test {
 protected:
  support::SocketAnswer answer(const support::SocketRequest& request) {
    if (request.path.find("/version") != std::string::npos) {
      return {200, R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})"};
    }
    if (request.method == "DELETE") {
      present_ = moved_ = false;
      return {204, ""};
    }
    if (request.method == "POST") present_ = true;
    if (!present_) return {404, R"({"message":"no such volume"})"};
    return {200, json{{"Name", "v"}, {"Driver", "d"}, {"Mountpoint", moved_ ? "moved" : "/mnt/v"}}.dump()};
  }
  std::size_t count(const std::string& method) const {
    std::size_t found = 0;
    for (const auto& request : socket_.requests()) found += request.method == method ? 1U : 0U;
    return found;
  }

  std::unique_ptr<support::ScriptedSocket> driver(const std::string& name) {
    return std::make_unique<support::ScriptedSocket>(
        directory_.path() + "/" + name + ".sock", [](const auto&) {
          return support::SocketAnswer{200, R"({"Capabilities":{"Scope":"local"}})"};
        });
  }
  std::map<std::string, std::string> prepare(const std::string& driver) {
    const auto volume = managed("v", -1, driver);
    return VolumePreparation(engine_, plugins_)
        .prepare({decode_volume(JsonFields(volume, "volume"))}, test_.context);
  }

  std::atomic<bool> present_ = true;
  std::atomic<bool> moved_ = true;
  support::TempDir directory_;
  support::ScriptedSocket socket_{directory_.path() + "/d",
                                  [this](const auto& request) { return answer(request); }};
  docker::Client engine_{[this] {
    docker::EngineOptions options;
    options.host = "unix://" + directory_.path() + "/d";
    return options;
  }()};
  VolumePlugins plugins_{directory_.path()};
  support::TestContext test_;
};

TEST_F(PluginVolumes, H095_a_moved_volume_is_deleted_and_created) {
  const VolumeActivate handler(engine_, plugins_);
  EXPECT_EQ(
      handler.handle(make_event("storage.volume.activate", map_of(managed("v"))), test_.context).value(),
      kReply);
  EXPECT_EQ(count("DELETE"), 1U);
  EXPECT_EQ(count("POST"), 1U);
}

TEST_F(PluginVolumes, H066_a_driver_that_is_not_flex_gets_a_docker_volume_and_attach) {
  present_ = moved_ = false;
  const auto plugin = driver("rancher-nfs");
  EXPECT_TRUE(prepare("rancher-nfs").empty());
  EXPECT_EQ(count("POST"), 1U);
  EXPECT_THAT(plugin->paths(), ElementsAre("/VolumeDriver.Capabilities", "/VolumeDriver.Attach"));
  EXPECT_EQ(json::parse(plugin->requests().back().body), (json{{"Name", "v"}, {"Opts", {{"a", "b"}}}}));
  EXPECT_EQ(plugin->requests().back().host, "volume-plugin");
}

TEST_F(PluginVolumes, S59_pasturestack_nfs_is_attached_where_its_socket_is) {
  present_ = moved_ = false;
  EXPECT_TRUE(prepare("pasturestack-nfs").empty());
  EXPECT_EQ(count("POST"), 1U);
  const auto plugin = driver("pasturestack-nfs");
  EXPECT_TRUE(prepare("pasturestack-nfs").empty());
  EXPECT_THAT(plugin->paths(), ElementsAre("/VolumeDriver.Capabilities", "/VolumeDriver.Attach"));
}

TEST_F(PluginVolumes, removal_leaves_a_moved_volume_to_its_other_host) {
  const AgentContainer agent{""};
  EngineLane lane;
  const ContainerRemoval removal{engine_, agent, lane};
  const VolumeRemove handler(engine_, plugins_, removal);
  EXPECT_EQ(handler.handle(make_event("storage.volume.remove", map_of(managed("v"))), test_.context).value(),
            kReply);
  EXPECT_EQ(count("DELETE"), 0U);
}

}  // namespace
}  // namespace cattle::handlers
