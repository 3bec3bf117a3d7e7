// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/inspect_document.hpp"

#include "handlers/compute/container_lookup.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace cattle::handlers {
namespace {

constexpr const char* kMacLabel = "io.rancher.container.mac_address";

nlohmann::json* member(nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

bool is_text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() && !found->get_ref<const std::string&>().empty();
}

void set_mac_address(nlohmann::json& document, const docker::Container& container) {
  const auto mac = label_of(container.labels, kMacLabel);
  // A container in another one's network has that one's address, whatever its own label says.
  if (mac.empty() || container.network_mode.starts_with("container:")) return;
  for (const char* part : {"Config", "NetworkSettings"}) {
    auto* object = member(document, part);
    if (object != nullptr && object->is_object() && !is_text(*object, "MacAddress"))
      (*object)["MacAddress"] = mac;
  }
}

}  // namespace

void stringify_values(nlohmann::json& labels) {
  if (!labels.is_structured()) return;
  for (auto& value : labels) {
    if (!value.is_string() && !value.is_null()) value = value.dump();
  }
}

nlohmann::json inspect_document(docker::Container container) {
  auto document = std::move(container.raw);
  if (auto* config = member(document, "Config")) {
    if (auto* labels = member(*config, "Labels")) stringify_values(*labels);
    if (auto* environment = member(*config, "Env")) stringify_values(*environment);
  }
  set_mac_address(document, container);
  return document;
}

nlohmann::json docker_mounts(const nlohmann::json& inspect) {
  auto list = nlohmann::json::array();
  const auto mounts = inspect.find("Mounts");
  if (mounts == inspect.end() || !mounts->is_array()) return list;
  for (auto mount : *mounts) {
    if (!mount.is_object() || !is_text(mount, "Source") || !is_text(mount, "Destination")) continue;
    // No mode at all means writable, as for the engine; a driver of "" is no driver (a bind mount has none).
    if (const auto* writable = member(mount, "RW"); writable == nullptr || !writable->is_boolean())
      mount["RW"] = true;
    if (const auto* driver = member(mount, "Driver");
        driver != nullptr && driver->is_string() && driver->get_ref<const std::string&>().empty())
      mount.erase("Driver");
    list.push_back(std::move(mount));
  }
  return list;
}

}  // namespace cattle::handlers
