// SPDX-License-Identifier: Apache-2.0
#include "lab/host_reports.hpp"

#include <functional>

namespace cattle::lab {
namespace {

using nlohmann::json;

const json& list(const json& data, const char* key) {
  static const json kNone = json::array();
  const auto it = data.find(key);
  return it != data.end() && it->is_array() ? *it : kNone;
}

void merge_strings(json& target, const json& entry, const char* key) {
  const auto it = entry.find(key);
  if (it == entry.end() || !it->is_object()) return;
  if (!target.is_object()) target = json::object();
  target.update(*it);
}

void take_while_null(Row& host, const json& entry, const char* key) {
  const auto it = entry.find(key);
  if (it != entry.end() && it->is_number() && host.at(key).is_null()) host[key] = *it;
}

}  // namespace

void HostReports::pong(Row& agent, const json& reply) {
  if (text(reply, "resourceId") != api_id("agent", id_of(agent))) return;
  const auto data = reply.find("data");
  if (data == reply.end() || !data->is_object()) return;
  json valid = json::array();
  for (const auto& entry : list(*data, "resources")) {
    if (text(entry, "type").empty() || text(entry, "uuid").empty()) {
      warn("a resource without type or uuid was skipped");
      continue;
    }
    valid.push_back(entry);
  }
  take_resources(agent, valid);
  const auto options = data->find("options");
  if (options != data->end() && options->is_object() && options->value("instances", json(false)) == true)
    sync_instances(agent, valid);
}

void HostReports::take_resources(Row& agent, const json& resources) {
  json relevant = json::array();
  bool host = false;
  for (const auto& entry : resources) {
    const std::string type = text(entry, "type");
    host = host || type == "host";
    if (type == "host" || type == "storagePool" || type == "ipAddress") relevant.push_back(entry);
  }
  if (!host) return;
  const std::size_t hash = std::hash<std::string>{}(relevant.dump());
  Seen& seen = resources_seen_[id_of(agent)];
  const auto now = std::chrono::steady_clock::now();
  if (seen.hash == hash && now - seen.when < p_.settings.resource_cache) return;
  seen = {hash, now};
  for (const char* type : {"host", "storagePool", "ipAddress"}) {
    for (const auto& entry : relevant) {
      if (text(entry, "type") != type) continue;
      if (std::string_view(type) == "host") take_host(agent, entry);
      if (std::string_view(type) == "storagePool") take_pool(agent, entry);
      if (std::string_view(type) == "ipAddress") take_address(agent, entry);
    }
  }
}

Row* HostReports::host_of(const Row& agent, const std::string& reported_uuid) {
  for (Row* host : p_.store.where("host", "agentId", agent.at("id"))) {
    if (!removed(*host) && text(host->at("data").at("fields"), "reportedUuid") == reported_uuid) return host;
  }
  return nullptr;
}

void HostReports::take_host(Row& agent, const json& entry) {
  Row* host = host_of(agent, text(entry, "uuid"));
  const bool fresh = host == nullptr;
  if (fresh) {
    const Row& physical = p_.store.add(
        "physicalHost",
        {{"agentId", agent.at("id")}, {"uuid", text(entry, "physicalHostUuid")}, {"state", "active"}});
    host = &p_.store.add("host", {{"kind", "docker"},
                                  {"accountId", agent.at("data").at("agentResourcesAccountId")},
                                  {"agentId", agent.at("id")},
                                  {"computeFree", 1'000'000},
                                  {"computeTotal", 1'000'000},
                                  {"isPublic", false},
                                  {"physicalHostId", physical.at("id")},
                                  {"state", "activating"}});
    (*host)["data"]["fields"] = {{"reportedUuid", text(entry, "uuid")}, {"type", "host"}};
  }
  json& fields = (*host)["data"]["fields"];
  for (const char* key : {"hostname", "physicalHostUuid", "apiProxy"}) {
    if (!text(entry, key).empty()) fields[key] = entry.at(key);
  }
  if (fresh) {
    merge_strings(fields["createLabels"], entry, "createLabels");
    merge_strings(fields["labels"], entry, "createLabels");
  }
  merge_strings(fields["labels"], entry, "labels");
  merge_strings(fields["info"], entry, "info");
  for (const char* key : {"memory", "milliCpu", "localStorageMb"}) take_while_null(*host, entry, key);
  (*host)["agentState"] = agent.at("state");
  if (fresh) {
    p_.store.set_state(*host, "active");
  } else {
    p_.store.changed(*host);
  }
}

void HostReports::take_pool(Row& agent, const json& entry) {
  const Row* host = host_of(agent, text(entry, "hostUuid"));
  if (host == nullptr || pool_of(p_.store, *host) != nullptr) return;
  Row& pool = p_.store.add("storagePool", {{"kind", "docker"},
                                           {"accountId", host->at("accountId")},
                                           {"agentId", agent.at("id")},
                                           {"external", false},
                                           {"name", entry.value("name", json(nullptr))},
                                           {"state", "active"},
                                           {"_hostId", host->at("id")}});
  pool["data"]["fields"] = {
      {"hostUuid", text(entry, "hostUuid")}, {"reportedUuid", text(entry, "uuid")}, {"type", "storagePool"}};
}

void HostReports::take_address(Row& agent, const json& entry) {
  Row* host = host_of(agent, text(entry, "hostUuid"));
  if (host == nullptr) return;
  Row* address = p_.store.first("ipAddress", "_hostId", host->at("id"));
  if (address == nullptr) {
    address = &p_.store.add("ipAddress", {{"kind", "ipAddress"},
                                          {"accountId", host->at("accountId")},
                                          {"state", "active"},
                                          {"_hostId", host->at("id")}});
  }
  (*address)["address"] = text(entry, "uuid");
  (*host)["_address"] = text(entry, "uuid");
}

void HostReports::warn(std::string text) {
  static constexpr std::size_t kKept = 1'000;
  if (warnings_.size() < kKept) warnings_.push_back(std::move(text));
}

}  // namespace cattle::lab
