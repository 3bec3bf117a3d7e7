// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <algorithm>

namespace cattle::support {

Answer FakeEngine::State::volumes(const EngineCall& call, const std::vector<std::string>& parts) {
  if (call.path == "/volumes/create" && call.method == "POST") return create_volume(call);
  if (parts.size() == 1 && call.method == "GET") {
    auto list = nlohmann::json::array();
    for (const auto& [name, volume] : volumes_) list.push_back(volume_document(name));
    return reply(200, {{"Volumes", list}, {"Warnings", nullptr}});
  }
  if (parts.size() != 2) return fail(404, "page not found");
  const std::string& name = parts.at(1);
  if (volumes_.count(name) == 0) return fail(404, "get " + name + ": no such volume");
  if (call.method == "GET") return reply(200, volume_document(name));
  if (call.method != "DELETE") return fail(404, "page not found");
  const std::vector<std::string> users = users_of_volume(name);
  if (!users.empty()) return fail(409, "remove " + name + ": volume is in use - [" + users.front() + "]");
  const std::string driver = volumes_.at(name).driver;
  volumes_.erase(name);
  emit("volume", "destroy", name, {{"driver", driver}});
  return {204, "", "", {}};
}

Answer FakeEngine::State::create_volume(const EngineCall& call) {
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) return fail(400, "invalid JSON");
  const std::string given = body.value("Name", "");
  const std::string name = given.empty() ? long_id(++counter_) : given;
  std::string driver = body.value("Driver", "");
  if (driver.empty()) driver = "local";
  const auto& known = options_.volume_drivers;
  if (std::find(known.begin(), known.end(), driver) == known.end()) {
    return fail(404, "create " + name + ": error looking up volume plugin " + driver + ": plugin \"" +
                         driver + "\" not found");
  }
  const auto existing = volumes_.find(name);
  if (existing != volumes_.end() && existing->second.driver != driver) {
    return fail(409, "create " + name + ": conflict: volume name must be unique");
  }
  const auto options = body.find("DriverOpts");
  put_volume(name, driver, options == body.end() ? nlohmann::json() : *options);
  return reply(201, volume_document(name));
}

nlohmann::json FakeEngine::State::volume_document(const std::string& name) const {
  const FakeVolume& volume = volumes_.at(name);
  return {{"Name", name},
          {"Driver", volume.driver},
          {"Mountpoint", "/var/lib/docker/volumes/" + name + "/_data"},
          {"CreatedAt", volume.created},
          {"Labels", nullptr},
          {"Options", volume.options},
          {"Scope", "local"}};
}

void FakeEngine::State::put_volume(const std::string& name, const std::string& driver,
                                   const nlohmann::json& options) {
  const auto created = timestamp(std::chrono::system_clock::now()).substr(0, 19) + "Z";
  if (volumes_.emplace(name, FakeVolume{driver, options, created}).second) {
    emit("volume", "create", name, {{"driver", driver}});
  }
}

std::vector<std::string> FakeEngine::State::users_of_volume(const std::string& name) const {
  std::vector<std::string> users;
  for (const auto& [id, container] : containers_) {
    const bool uses =
        std::any_of(container.mounts.begin(), container.mounts.end(),
                    [&name](const nlohmann::json& mount) { return mount.value("Name", "") == name; });
    if (uses) users.push_back(id);
  }
  return users;
}

}  // namespace cattle::support
