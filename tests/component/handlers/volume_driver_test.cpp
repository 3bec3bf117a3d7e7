// SPDX-License-Identifier: Apache-2.0
// Volumes of a driver: what it is asked, what Docker is asked, and what is left to another host.
#include "handlers/errors.hpp"
#include "tests/component/handlers/volume_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>

namespace cattle::handlers {
namespace {

using nlohmann::json;
using support::make_event;
using ::testing::ElementsAre;

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

TEST_F(Volumes, a_rehearsal_asks_a_driver_for_its_capabilities_only) {
  const auto plugin = driver("rancher-ebs", "flex");
  std::vector<std::string> proposed;
  test_.context.call.rehearse = [&proposed](const docker::Proposal& proposal) {
    proposed.push_back(proposal.method + " " + proposal.target + " (" + proposal.peer + ")");
    return docker::Rehearsed{};
  };
  EXPECT_EQ(prepare(managed("v", -1, "rancher-ebs")),
            (std::map<std::string, std::string>{{"v", "/pretended/v"}}));
  EXPECT_THAT(proposed, ElementsAre("POST /VolumeDriver.Create (storage driver rancher-ebs)",
                                    "POST /VolumeDriver.Attach (storage driver rancher-ebs)",
                                    "POST /VolumeDriver.Mount (storage driver rancher-ebs)"));
  EXPECT_THAT(plugin->paths(), ElementsAre("/VolumeDriver.Capabilities"));
}

}  // namespace
}  // namespace cattle::handlers
