// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_reply.hpp"

#include "handlers/compute/docker_ports.hpp"
#include "handlers/compute/inspect_document.hpp"

#include <utility>

namespace cattle::handlers {
namespace {

using nlohmann::json;

/// The servers merge `data[<resourceType>]` into the resource (R19).
json under_resource_type(const Event& event, json instance) {
  json resource = json::object();
  resource["instance"] = std::move(instance);
  json data = json::object();
  data[event.resource_type.value_or("instanceHostMap")] = std::move(resource);
  return data;
}

json list_entry(docker::ContainerSummary entry) {
  auto document = std::move(entry.raw);
  if (const auto labels = document.find("Labels"); labels != document.end()) stringify_values(*labels);
  return document;
}

}  // namespace

json InstanceReply::absent(const Event& event, const InstanceReference& instance) const {
  json reply = {
      {"+data",
       {{"dockerContainer", nullptr},
        {"dockerInspect", nullptr},
        {"dockerMounts", json::array()},
        {"+fields", {{"dockerHostIp", host_ip_()}, {"dockerPorts", nullptr}, {"dockerIp", nullptr}}}}}};
  if (!instance.external_id.empty()) reply["externalId"] = instance.external_id;
  return under_resource_type(event, std::move(reply));
}

std::string InstanceReply::address(const docker::Container& container, AddressRule rule,
                                   const Context& context) const {
  switch (rule) {
    case AddressRule::as_inspected:
      break;
    case AddressRule::awaited:
      return address_.address(container, AddressFailure::thrown, context);
    case AddressRule::awaited_quietly:
      return address_.address(container, AddressFailure::ignored, context);
  }
  return engine_address(container.raw);
}

json InstanceReply::present(const Event& event, const InstanceReference& instance, ContainerMatch match,
                            AddressRule rule, const Context& context) const {
  if (!match.inspected) match.inspected = engine_.inspect_container(match.id, context.call);
  if (!match.inspected) return absent(event, instance);
  lane_.learn(storage_driver(*match.inspected));
  if (!match.listed) {
    docker::ContainerFilters filters;
    filters.ids.push_back(match.id);
    auto entries = engine_.list_containers(filters, context.call);
    if (entries.empty()) return absent(event, instance);
    match.listed = std::move(entries.front());
  }
  auto ip = address(*match.inspected, rule, context);
  auto ports = docker_ports(match.listed->ports, match.inspected->raw);
  auto mounts = docker_mounts(match.inspected->raw);
  json reply = json::object();
  reply["externalId"] = match.inspected->id;
  auto& data = reply["+data"];
  data["dockerContainer"] = list_entry(std::move(*match.listed));
  data["dockerInspect"] = inspect_document(std::move(*match.inspected));
  data["dockerMounts"] = std::move(mounts);
  data["+fields"] = {
      {"dockerHostIp", host_ip_()}, {"dockerPorts", std::move(ports)}, {"dockerIp", std::move(ip)}};
  return under_resource_type(event, std::move(reply));
}

json InstanceReply::fresh(const Event& event, const InstanceReference& instance, const std::string& id,
                          AddressRule rule, const Context& context) const {
  ContainerMatch match;
  match.id = id;
  return present(event, instance, std::move(match), rule, context);
}

}  // namespace cattle::handlers
