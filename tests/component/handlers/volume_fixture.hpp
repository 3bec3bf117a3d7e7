// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/container_removal.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/storage/volume_activate.hpp"
#include "handlers/storage/volume_preparation.hpp"
#include "handlers/storage/volume_remove.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_fixture.hpp"
#include "tests/support/scripted_socket.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace cattle::handlers {

inline const nlohmann::json kReply = {{"volumeStoragePoolMap", {{"volume", {{"format", "docker"}}}}}};

inline nlohmann::json map_of(const nlohmann::json& volume) {
  return {{"volumeStoragePoolMap", {{"volume", volume}, {"storagePool", nullptr}}}};
}

inline nlohmann::json managed(const std::string& name, const nlohmann::json& device_number = -1,
                              const std::string& driver = "local") {
  return {{"name", name},
          {"deviceNumber", device_number},
          {"data", {{"fields", {{"driver", driver}, {"driverOpts", {{"a", "b"}}}}}}}};
}

/// The handlers of volumes on an engine that fails when it is asked to, and volume drivers of our own.
class Volumes : public ::testing::Test {
 protected:
  Volumes() : engine_(options()) { fake_.add_image("busybox"); }

  docker::EngineOptions options() const {
    docker::EngineOptions options;
    options.host = fake_.docker_host();
    return options;
  }

  nlohmann::json activate(const nlohmann::json& volume) {
    const VolumeActivate handler(engine_, plugins_);
    return handler.handle(support::make_event("storage.volume.activate", map_of(volume)), test_.context)
        .value();
  }
  nlohmann::json remove(const nlohmann::json& volume) {
    const VolumeRemove handler(engine_, plugins_, removal_, std::chrono::milliseconds(5));
    return handler.handle(support::make_event("storage.volume.remove", map_of(volume)), test_.context)
        .value();
  }
  std::map<std::string, std::string> prepare(const nlohmann::json& volume) {
    const VolumePreparation preparation(engine_, plugins_);
    return preparation.prepare({decode_volume(JsonFields(volume, "volume"))}, test_.context);
  }
  std::string add_container(const std::string& name, const std::string& uuid) {
    return fake_.add_container(name,
                               {{"Image", "busybox"}, {"Labels", {{"io.rancher.container.uuid", uuid}}}});
  }
  /// A driver that answers `capabilities` and agrees to all else.
  std::unique_ptr<support::ScriptedSocket> driver(const std::string& name, const std::string& scope,
                                                  const support::SocketAnswer& other = {
                                                      200, R"({"Mountpoint":"/mnt/v"})"}) {
    return std::make_unique<support::ScriptedSocket>(
        directory_.path() + "/" + name + ".sock", [scope, other](const support::SocketRequest& request) {
          if (request.path != "/VolumeDriver.Capabilities") return other;
          return support::SocketAnswer{200, nlohmann::json{{"Capabilities", {{"Scope", scope}}}}.dump()};
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

}  // namespace cattle::handlers
