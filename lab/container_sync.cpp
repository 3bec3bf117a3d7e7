// SPDX-License-Identifier: Apache-2.0
// The instance list of a pong against what the server knows, and container events (cattle-protocol 6.7
// and 7.4).
#include "lab/event_context.hpp"
#include "lab/host_reports.hpp"

#include <algorithm>
#include <set>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

bool in_transition(const std::string& state) {
  return state.ends_with("ing") && state != "running";
}

const json kNoOp{{"containerNoOpEvent", true}};

std::string rancher_uuid(const json& inspected) {
  const json config = inspected.is_object() ? inspected.value("Config", json::object()) : json::object();
  if (!config.is_object()) return {};
  std::string label = config.contains("Labels") ? text(config.at("Labels"), "io.rancher.container.uuid") : "";
  if (!label.empty() || !config.contains("Env") || !config.at("Env").is_array()) return label;
  static constexpr std::string_view kVariable = "RANCHER_UUID=";
  for (const auto& line : config.at("Env")) {
    if (line.is_string() && line.get<std::string>().starts_with(kVariable))
      return line.get<std::string>().substr(kVariable.size());
  }
  return {};
}

}  // namespace

Row* HostReports::find_instance(const Row& host, const std::string& uuid, const std::string& external_id) {
  Row* by_id = nullptr;
  for (Row* map : p_.store.where("instanceHostMap", "hostId", host.at("id"))) {
    Row& instance = p_.store.at("instance", map->at("instanceId").get<std::int64_t>());
    if (!uuid.empty() && instance.at("uuid") == uuid) return &instance;
    if (!external_id.empty() && instance.at("externalId") == external_id) by_id = &instance;
  }
  return by_id;
}

void HostReports::sync_instances(Row& agent, const json& resources) {
  Row* host = nullptr;
  for (const auto& entry : resources) {
    if (text(entry, "type") == "hostUuid") host = host_of(agent, text(entry, "uuid"));
  }
  if (host == nullptr) return;
  std::set<std::int64_t> present;
  for (const auto& entry : resources) {
    if (text(entry, "type") != "instance") continue;
    Row* known = find_instance(*host, text(entry, "uuid"), text(entry, "dockerId"));
    if (known != nullptr) present.insert(id_of(*known));
    compare(agent, *host, known, entry);
  }
  for (const Row* map : p_.store.where("instanceHostMap", "hostId", host->at("id"))) {
    const Row& instance = p_.store.at("instance", map->at("instanceId").get<std::int64_t>());
    const std::string state = text(instance, "state");
    if (present.contains(id_of(instance)) || removed(instance) || in_transition(state) ||
        state.starts_with("error"))
      continue;
    if (state == "stopped" && instance.at("externalId").is_null()) continue;
    schedule(*host, "destroy", {{"dockerId", instance.at("externalId")}, {"uuid", instance.at("uuid")}},
             true);
  }
}

void HostReports::compare(Row& agent, Row& host, Row* known, const json& seen) {
  const std::string there = text(seen, "state");
  if (known == nullptr) {
    const bool importable = !text(seen, "image").empty() && !text(seen, "dockerId").empty();
    if (importable) return schedule(host, "start", seen, true);
    return warn("a container without image or dockerId can't be imported");
  }
  const std::string here = text(*known, "state");
  if (in_transition(here) || here == there) return;
  if (removed(*known)) {
    if (there == "running") force_stop(agent, text(seen, "dockerId"));
  } else if (here == "stopped" && there == "running") {
    schedule(host, "start", seen, true);
  } else if (here == "running" && there == "stopped") {
    schedule(host, "stop", seen, true);
  } else {
    warn("instance " + known->at("id").dump() + " is " + here + " here and " + there + " there");
  }
}

void HostReports::force_stop(const Row& agent, const std::string& external_id) {
  p_.bus.publish("agent=" + agent.at("id").dump(),
                 {{"id", p_.ids.uuid()},
                  {"name", "compute.instance.force.stop"},
                  {"replyTo", "compute.instance.force.stop.reply"},
                  {"resourceId", nullptr},
                  {"resourceType", nullptr},
                  {"time", now_millis()},
                  {"data", {{"instanceForceStop", {{"kind", "docker"}, {"id", external_id}}}}}});
}

void HostReports::container_event(std::int64_t agent_id, const json& event) {
  if (!event.is_object()) throw OperationError(422, "InvalidFormat", "the body must be an object");
  const Row& agent = p_.store.at("agent", agent_id);
  Row* host = host_of(agent, text(event, "reportedHostUuid"));
  if (host == nullptr) throw OperationError(422, "InvalidReference", "hostId");
  const std::string status = text(event, "externalStatus");
  const auto pending = std::count_if(
      p_.processes.all().begin(), p_.processes.all().end(),
      [&](const auto& process) { return process->name == "containerevent.create" && !process->over(); });
  if (status == "start" && pending >= p_.settings.container_events_max) {
    throw OperationError(409, "TooManyContainerEvents", "too many unprocessed container events");
  }
  json seen{{"dockerId", text(event, "externalId")}, {"image", text(event, "externalFrom")}};
  if (event.contains("dockerInspect") && event.at("dockerInspect").is_object())
    seen["inspect"] = event.at("dockerInspect");
  schedule(*host, status, seen, false);
}

void HostReports::schedule(Row& host, const std::string& status, const json& seen, bool from_list) {
  if (!p_.settings.manage_foreign_containers || removed(host)) return;
  const std::string key = status + " " + text(seen, "dockerId");
  const auto now = std::chrono::steady_clock::now();
  if (from_list) {
    const auto known = scheduled_.find(key);
    if (known != scheduled_.end() && now - known->second < p_.settings.container_event_repeat) return;
    scheduled_[key] = now;
  }
  const Row& row = p_.store.add("containerEvent", {{"hostId", host.at("id")},
                                                   {"externalId", text(seen, "dockerId")},
                                                   {"externalStatus", status},
                                                   {"externalFrom", text(seen, "image")},
                                                   {"state", "creating"}});
  const std::int64_t host_id = id_of(host);
  p_.processes.schedule(
      "containerevent.create", "containerEvent", id_of(row),
      [this, host_id, status, seen](Process& process) { return react(process, host_id, status, seen); },
      [this, key](const Process&) { scheduled_.erase(key); });
}

asio::awaitable<json> HostReports::inspect(Process& process, const Row& host, std::string external_id) {
  CallSpec call;
  call.name = "compute.instance.inspect";
  call.resource_type = "instanceInspect";
  call.timeout = p_.settings.event_timeout;
  call.context = context_of(process, "ContainerEventCreate");
  call.data = {{"instanceInspect", {{"id", external_id}, {"kind", "docker"}}}};
  call.agent = host.at("agentId").get<std::int64_t>();
  const Outcome outcome = co_await p_.steps.send(process, std::move(call), WhenAway::fail);
  // E10: an error is only a warning, an empty object goes on without a name.
  if (outcome.answer == Answer::error) warn("inspect of " + external_id + ": " + outcome.message);
  const json::json_pointer path("/data/instanceInspect");
  co_return outcome.reply.contains(path) && outcome.reply.at(path).is_object() ? outcome.reply.at(path)
                                                                               : json::object();
}

asio::awaitable<void> HostReports::react(Process& process, std::int64_t host_id, std::string status,
                                         json seen) {
  Row& host = p_.store.at("host", host_id);
  json inspected = seen.value("inspect", json::object());
  const auto look_up = [&] {
    const std::string uuid = rancher_uuid(inspected);
    return find_instance(host, uuid.empty() ? text(seen, "uuid") : uuid, text(seen, "dockerId"));
  };
  Row* known = look_up();
  if (known == nullptr && status == "start" && inspected.empty()) {
    inspected = co_await inspect(process, host, text(seen, "dockerId"));
    known = look_up();
  }
  if (status == "start") {
    react_to_start(host, known, seen, inspected);
    co_return;
  }
  if (known == nullptr || removed(*known)) co_return;
  const std::string state = text(*known, "state");
  if (status == "stop" || status == "die") {
    if (state != "stopped" && state != "stopping") p_.instances.stop(*known, kNoOp);
  } else if (status == "destroy") {
    if (state == "removing" || state == "removed" || state == "purged") co_return;
    // The container is gone: nothing is left to stop on the host.
    if (Row* map = p_.store.first("instanceHostMap", "instanceId", known->at("id")))
      (*map)["state"] = "inactive";
    p_.instances.remove(*known);
  }
}

void HostReports::react_to_start(Row& host, Row* known, const json& seen, const json& inspected) {
  if (known != nullptr) {
    const std::string state = text(*known, "state");
    const bool nothing = removed(*known) || state == "creating" || state == "running" || state == "starting";
    if (!nothing) p_.instances.start(*known, true);
    return;
  }
  std::string name = text(inspected, "Name");
  if (name.starts_with('/')) name = name.substr(1);
  json spec{{"name", name.empty() ? json(nullptr) : json(name)},
            {"image", text(seen, "image")},
            {"externalId", text(seen, "dockerId")}};
  const json::json_pointer mode("/HostConfig/NetworkMode");
  spec["networkMode"] =
      inspected.contains(mode) && inspected.at(mode).is_string() ? inspected.at(mode) : json("bridge");
  if (spec["networkMode"] == "default" || text(spec, "networkMode").empty()) spec["networkMode"] = "bridge";
  if (text(spec, "networkMode").starts_with("container:")) spec["networkMode"] = "none";
  const json::json_pointer labels("/Config/Labels");
  if (inspected.contains(labels) && inspected.at(labels).is_object()) spec["labels"] = inspected.at(labels);
  p_.instances.start(p_.instances.adopt(host, spec), true);
}

}  // namespace cattle::lab
