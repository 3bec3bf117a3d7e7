// SPDX-License-Identifier: Apache-2.0
#include "lab/store.hpp"

#include <chrono>
#include <stdexcept>

namespace cattle::lab {
namespace {

using nlohmann::json;

/// What each type has beside the common columns; seen in the captured events of both servers.
const std::map<std::string, std::vector<const char*>>& own_columns() {
  static const std::map<std::string, std::vector<const char*>> kColumns{
      {"instance",
       {"agentId",
        "allocationState",
        "compute",
        "createIndex",
        "deploymentUnitUuid",
        "dnsInternal",
        "dnsSearchInternal",
        "domain",
        "externalId",
        "firstRunning",
        "healthState",
        "healthUpdated",
        "hostname",
        "imageId",
        "instanceTriggeredStop",
        "memoryMb",
        "memoryReservation",
        "milliCpuReservation",
        "nativeContainer",
        "networkContainerId",
        "registryCredentialId",
        "serviceId",
        "serviceIndexId",
        "stackId",
        "startCount",
        "system",
        "token",
        "userdata",
        "version",
        "zoneId"}},
      {"instanceHostMap", {"instanceId", "hostId"}},
      {"imageStoragePoolMap", {"imageId", "storagePoolId"}},
      {"volumeStoragePoolMap", {"volumeId", "storagePoolId"}},
      {"host",
       {"agentId", "agentState", "computeFree", "computeTotal", "hostTemplateId", "isPublic",
        "localStorageMb", "memory", "milliCpu", "physicalHostId", "removeAfter", "stackId", "uri", "zoneId"}},
      {"storagePool",
       {"agentId", "driverName", "external", "externalId", "physicalTotalSizeMb", "storageDriverId",
        "virtualTotalSizeMb", "volumeAccessMode", "zoneId"}},
      {"volume",
       {"accessMode", "allocationState", "attachedState", "deploymentUnitId", "deviceNumber", "externalId",
        "format", "hostId", "imageId", "instanceId", "physicalSizeMb", "sizeMb", "stackId", "storageDriverId",
        "uri", "virtualSizeMb", "volumeTemplateId", "zoneId"}},
      {"image",
       {"checksum", "format", "instanceKind", "isPublic", "physicalSizeMb", "registryCredentialId", "url",
        "virtualSizeMb"}},
      {"credential", {"publicValue", "registryId", "secretValue"}},
      {"nic", {"deviceNumber", "instanceId", "macAddress", "networkId"}},
      {"network", {"domain", "isPublic", "networkDriverId"}},
      {"ipAddress", {"address", "hostname", "isPublic", "networkId", "role", "subnetId"}},
      {"port",
       {"instanceId", "privateIpAddressId", "privatePort", "protocol", "publicIpAddressId", "publicPort"}},
      {"instanceLink", {"linkName", "instanceId", "targetInstanceId", "serviceConsumeMapId"}},
      {"agent", {"uri", "zoneId", "managedConfig"}},
      {"physicalHost", {"agentId", "externalId"}},
      {"stack", {"externalId", "healthState", "system"}},
      {"containerEvent", {"hostId", "externalId", "externalStatus", "externalFrom", "externalTimestamp"}},
  };
  return kColumns;
}

bool is_map(const std::string& type) {
  return type.ends_with("Map") || type == "agent" || type == "instanceLink";
}

}  // namespace

std::int64_t now_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t id_of(const Row& row) {
  return row.at("id").get<std::int64_t>();
}

std::string text(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

bool removed(const Row& row) {
  return !row.at("removed").is_null();
}

Row& Store::add(const std::string& type, const json& columns) {
  auto& table = tables_[type];
  const std::int64_t id = table.empty() ? 1 : table.rbegin()->first + 1;
  Row row{{"id", id},
          {"type", type},
          {"kind", type},
          {"name", nullptr},
          {"uuid", ids_.uuid()},
          {"description", nullptr},
          {"state", "requested"},
          {"created", now_millis()},
          {"removed", nullptr},
          {"removeTime", nullptr},
          {"data", json::object()}};
  if (!is_map(type)) row["accountId"] = nullptr;
  if (const auto own = own_columns().find(type); own != own_columns().end()) {
    for (const char* column : own->second) row[column] = nullptr;
  }
  if (row.contains("zoneId")) row["zoneId"] = 1;
  row.update(columns);
  if (row.at("id") != id) throw std::logic_error("a row's id is the store's to give");
  return table.emplace(id, std::move(row)).first->second;
}

Row* Store::find(const std::string& type, std::int64_t id) {
  auto& table = tables_[type];
  const auto it = table.find(id);
  return it == table.end() ? nullptr : &it->second;
}

Row& Store::at(const std::string& type, std::int64_t id) {
  if (Row* row = find(type, id)) return *row;
  throw std::out_of_range("there is no " + type + " " + std::to_string(id));
}

std::vector<Row*> Store::all(const std::string& type) {
  std::vector<Row*> out;
  for (auto& [id, row] : tables_[type]) out.push_back(&row);
  return out;
}

std::vector<Row*> Store::where(const std::string& type, const char* column, const json& value) {
  std::vector<Row*> out;
  for (auto& [id, row] : tables_[type]) {
    const auto it = row.find(column);
    if (it != row.end() && *it == value) out.push_back(&row);
  }
  return out;
}

Row* Store::first(const std::string& type, const char* column, const json& value) {
  for (auto& [id, row] : tables_[type]) {
    const auto it = row.find(column);
    if (it != row.end() && *it == value) return &row;
  }
  return nullptr;
}

void Store::set_state(Row& row, std::string_view state) {
  if (row.at("state") == state) return;
  row["state"] = state;
  changed(row);
}

void Store::set_removed(Row& row) {
  static constexpr std::int64_t kKeptMillis = 400'000;  // The real server purges at a random time after it.
  row["state"] = "removed";
  row["removed"] = now_millis();
  row["removeTime"] = now_millis() + kKeptMillis;
  changed(row);
}

void Store::changed(const Row& row) const {
  if (on_change) on_change(row);
}

}  // namespace cattle::lab
