// SPDX-License-Identifier: Apache-2.0
#include "lab/views.hpp"

#include "lab/http_message.hpp"

#include <array>
#include <ctime>

namespace cattle::lab {
namespace {

using nlohmann::json;

std::string iso_time(std::int64_t millis) {
  const auto seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> out{};
  const std::size_t length = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {out.data(), length};
}

std::string transitioning(const std::string& state) {
  if (state == "error") return "error";
  return state.ends_with("ing") && state != "running" ? "yes" : "no";
}

json reference(const char* type, const json& id) {
  return id.is_number_integer() ? json(api_id(type, id.get<std::int64_t>())) : json(nullptr);
}

void add_times(json& out, const Row& row) {
  out["created"] = iso_time(row.at("created").get<std::int64_t>());
  out["createdTS"] = row.at("created");
  out["removed"] = nullptr;
  if (!removed(row)) return;
  out["removed"] = iso_time(row.at("removed").get<std::int64_t>());
  out["removedTS"] = row.at("removed");
}

void add_container(Store& store, json& out, const Row& row) {
  for (const char* key :
       {"externalId", "hostname", "nativeContainer", "startCount", "firstRunning", "healthState"})
    out[key] = row.at(key);
  const json& fields = row.at("data").value("fields", json::object());
  for (const char* key : {"imageUuid", "command", "environment", "labels", "ports", "networkMode",
                          "dataVolumes", "dockerIp", "dockerPorts"}) {
    out[key] = fields.value(key, json(nullptr));
  }
  out["hostId"] = reference("host", fields.value("hostId", json(nullptr)));
  out["primaryIpAddress"] = nullptr;
  if (const Row* nic = store.first("nic", "instanceId", row.at("id"))) {
    if (const Row* address = store.first("ipAddress", "_nicId", nic->at("id")))
      out["primaryIpAddress"] = address->at("address");
  }
}

void add_host(json& out, const Row& row) {
  for (const char* key : {"agentState", "computeTotal", "memory", "milliCpu", "localStorageMb"})
    out[key] = row.at(key);
  const json& fields = row.at("data").value("fields", json::object());
  for (const char* key : {"hostname", "labels", "info", "reportedUuid"})
    out[key] = fields.value(key, json(nullptr));
  out["agentId"] = reference("agent", row.at("agentId"));
  out["agentIpAddress"] = row.value("_address", json(nullptr));
  out["physicalHostId"] = reference("physicalHost", row.at("physicalHostId"));
}

void add_volume(json& out, const Row& row) {
  for (const char* key : {"externalId", "uri", "deviceNumber", "accessMode"}) out[key] = row.at(key);
  const json& fields = row.at("data").value("fields", json::object());
  for (const char* key : {"driver", "driverOpts", "isHostPath"}) out[key] = fields.value(key, json(nullptr));
  out["imageId"] = reference("image", row.at("imageId"));
  out["instanceId"] = reference("instance", row.at("instanceId"));
}

}  // namespace

std::string api_type(const Row& row, const std::string& version) {
  std::string type = text(row, "type");
  if (type == "instance") return "container";
  if (type == "stack" && version == "v1") return "environment";
  if (type == "account" && text(row, "kind") == "project") return "project";
  return type;
}

std::string api_id_of(const Row& row, const std::string& version) {
  const std::string type = api_type(row, version);
  return api_id(type, id_of(row));
}

json view(Store& store, const Row& row, const std::string& version, const std::string& base) {
  const std::string type = api_type(row, version);
  const std::string id = api_id_of(row, version);
  const std::string table = text(row, "type");
  const std::string state = text(row, "state");
  json out{{"id", id},
           {"type", type},
           {"baseType", table == "stack" ? type : table},
           {"kind", table == "stack" ? json(type) : row.at("kind")},
           {"name", row.at("name")},
           {"uuid", row.at("uuid")},
           {"description", row.at("description")},
           {"state", state},
           {"accountId", reference("account", row.value("accountId", json(nullptr)))},
           {"actions", json::object()},
           {"transitioning", transitioning(state)},
           {"transitioningMessage", nullptr},
           {"transitioningProgress", nullptr}};
  const std::string project = row.contains("accountId") && row.at("accountId").is_number()
                                  ? "/projects/" + text(out, "accountId")
                                  : "";
  out["links"] = {{"self", base + project + "/" + lowered(type) + "s/" + id}};
  add_times(out, row);
  const json& fields = row.at("data").value("fields", json::object());
  if (out["transitioning"] != "no") {
    for (const char* key : {"transitioningMessage", "transitioningProgress"})
      out[key] = fields.value(key, json(nullptr));
  }
  if (table == "instance") add_container(store, out, row);
  if (table == "host") add_host(out, row);
  if (table == "volume") add_volume(out, row);
  if (table == "stack") out["healthState"] = row.at("healthState");
  return out;
}

}  // namespace cattle::lab
