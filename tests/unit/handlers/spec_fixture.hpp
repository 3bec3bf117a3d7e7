// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/compute/container_spec.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace cattle::handlers::testing {

using nlohmann::json;

inline constexpr const char* kUuid = "c861f990-4472-4fa1-960f-65171b544c28";

/// An engine as Debian 12 ships it.
inline SpecFacts debian_engine() {
  SpecFacts facts;
  facts.engine_api_version = "1.41";
  facts.used_api_version = "1.24";
  return facts;
}

/// The `instanceHostMap` event data of an instance with these `data.fields`; `columns` goes over the instance
/// itself.
inline json event_data(json fields, const json& columns = json::object()) {
  if (!fields.contains("imageUuid")) fields["imageUuid"] = "docker:quay.io/a/b:1";
  json instance = {{"id", 7},
                   {"uuid", kUuid},
                   {"name", "web-1"},
                   {"hostname", nullptr},
                   {"agentId", nullptr},
                   {"nics", json::array()},
                   {"data", {{"fields", std::move(fields)}}}};
  if (!columns.is_null()) instance.update(columns);
  return {{"instanceHostMap", {{"id", 3}, {"host", {{"id", 5}}}, {"instance", std::move(instance)}}}};
}

inline ContainerSpec spec_of(json fields, const json& columns = json::object(),
                             SpecFacts facts = debian_engine()) {
  const InstanceHostMap map = decode_instance_host_map(event_data(std::move(fields), columns));
  facts.host_id = map.host_id;
  return make_container_spec(map.instance, facts);
}

inline json body_of(json fields, const json& columns = json::object(),
                    const SpecFacts& facts = debian_engine()) {
  return spec_of(std::move(fields), columns, facts).body;
}

inline json host_config_of(json fields, const json& columns = json::object(),
                           const SpecFacts& facts = debian_engine()) {
  return body_of(std::move(fields), columns, facts).at("HostConfig");
}

/// The columns of an instance whose first nic is on a network of this kind.
inline json on_network(const std::string& kind, const json& more = json::object()) {
  json columns = {{"nics",
                   {{{"deviceNumber", 0},
                     {"macAddress", "02:00:00:00:00:01"},
                     {"network", {{"kind", kind}, {"name", "ipsec"}}},
                     {"ipAddresses",
                      {{{"address", "10.1.2.3"}, {"role", "primary"}, {"subnet", {{"cidrSize", 16}}}}}}}}}};
  columns.update(more);
  return columns;
}

}  // namespace cattle::handlers::testing
