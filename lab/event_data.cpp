// SPDX-License-Identifier: Apache-2.0
#include "lab/event_data.hpp"

#include <cctype>

namespace cattle::lab {
namespace {

using nlohmann::json;

std::string table_name(const std::string& type) {
  std::string out = "cattle.";
  for (const char c : type) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

const json& fields(const Row& row) {
  static const json kNone = json::object();
  const auto it = row.at("data").find("fields");
  return it == row.at("data").end() ? kNone : *it;
}

}  // namespace

json EventData::plain(const Row& row) const {
  json out = json::object();
  for (const auto& [key, value] : row.items()) {
    if (!key.starts_with('_')) out[key] = value;
  }
  if (flavour_ == Flavour::pasturestack) out["sqltypeName"] = table_name(row.at("type").get<std::string>());
  return out;
}

json EventData::reference(const char* type, const json& id) const {
  if (!id.is_number_integer()) return nullptr;
  const Row* row = store_.find(type, id.get<std::int64_t>());
  return row == nullptr ? json(nullptr) : plain(*row);
}

json EventData::bare_instance(const Row& row) const {
  json out = plain(row);
  out["dataVolumesFromContainers"] = json::array();
  out["volumesFromDataVolumeMounts"] = json::array();
  const json& user = fields(row);
  if (const auto from = user.find("dataVolumesFrom"); from != user.end() && from->is_array()) {
    for (const auto& id : *from) out["dataVolumesFromContainers"].push_back(reference("instance", id));
  }
  if (const auto mounts = user.find("dataVolumeMounts"); mounts != user.end() && mounts->is_object()) {
    for (const auto& [path, id] : mounts->items())
      out["volumesFromDataVolumeMounts"].push_back(reference("volume", id));
  }
  return out;
}

json EventData::image(const json& id, bool with_credential) const {
  json out = reference("image", id);
  if (!out.is_object() || !with_credential) return out;
  out["registryCredential"] = reference("credential", out.at("registryCredentialId"));
  if (out["registryCredential"].is_object()) {
    out["registryCredential"]["registry"] =
        reference("storagePool", out["registryCredential"].at("registryId"));
  }
  return out;
}

json EventData::pools_of(const Row& volume) const {
  json out = json::array();
  for (const Row* map : store_.where("volumeStoragePoolMap", "volumeId", volume.at("id"))) {
    if (!removed(*map) && map->at("state") != "removing")
      out.push_back(reference("storagePool", map->at("storagePoolId")));
  }
  return out;
}

json EventData::volume(const Row& row) const {
  json out = plain(row);
  out["image"] = image(row.at("imageId"), false);
  out["storagePools"] = pools_of(row);
  out["instance"] = nullptr;
  if (row.at("instanceId").is_number_integer()) {
    if (const Row* owner = store_.find("instance", row.at("instanceId").get<std::int64_t>())) {
      out["instance"] = bare_instance(*owner);
    }
  }
  return out;
}

json EventData::nic(const Row& row) const {
  json out = plain(row);
  out["network"] = reference("network", row.at("networkId"));
  out["ipAddresses"] = json::array();
  for (const Row* address : store_.where("ipAddress", "_nicId", row.at("id"))) {
    json entry = plain(*address);
    entry["subnet"] = nullptr;
    if (!removed(*address)) out["ipAddresses"].push_back(std::move(entry));
  }
  return out;
}

json EventData::image_map(const Row& map) const {
  json out = plain(map);
  out["image"] = image(map.at("imageId"), true);
  out["storagePool"] = reference("storagePool", map.at("storagePoolId"));
  return {{"imageStoragePoolMap", std::move(out)}};
}

json EventData::volume_map(const Row& map) const {
  json out = plain(map);
  out["volume"] = volume(store_.at("volume", map.at("volumeId").get<std::int64_t>()));
  out["storagePool"] = reference("storagePool", map.at("storagePoolId"));
  return {{"volumeStoragePoolMap", std::move(out)}};
}

json EventData::instance_map(const Row& map) const {
  const Row& row = store_.at("instance", map.at("instanceId").get<std::int64_t>());
  json instance = bare_instance(row);
  instance["image"] = image(row.at("imageId"), true);
  instance["networkContainer"] = reference("instance", row.at("networkContainerId"));
  // Child lists hold removed rows too (R53): it is the agent's to leave them out.
  for (const char* list : {"volumes", "ports", "nics", "instanceLinks"}) instance[list] = json::array();
  for (const Row* child : store_.where("volume", "instanceId", row.at("id")))
    instance["volumes"].push_back(volume(*child));
  for (const Row* child : store_.where("port", "instanceId", row.at("id")))
    instance["ports"].push_back(plain(*child));
  for (const Row* child : store_.where("nic", "instanceId", row.at("id")))
    instance["nics"].push_back(nic(*child));
  for (const Row* child : store_.where("instanceLink", "instanceId", row.at("id"))) {
    json link = plain(*child);
    link["targetInstance"] = reference("instance", child->at("targetInstanceId"));
    instance["instanceLinks"].push_back(std::move(link));
  }
  json out = plain(map);
  out["instance"] = std::move(instance);
  out["host"] = reference("host", map.at("hostId"));
  return {{"instanceHostMap", std::move(out)}};
}

}  // namespace cattle::lab
