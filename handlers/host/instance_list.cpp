// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/instance_list.hpp"

#include "handlers/compute/container_lookup.hpp"

#include <nlohmann/json.hpp>

namespace cattle::handlers {
namespace {

bool was_started(const docker::ContainerSummary& container) {
  return !container.status.empty() && container.status != "Created" && container.state != "created";
}

bool runs(const docker::ContainerSummary& container) {
  if (container.state.empty()) return container.status.starts_with("Up");
  return container.state == "running" || container.state == "paused" || container.state == "restarting";
}

}  // namespace

std::string derived_uuid(const docker::ContainerSummary& container) {
  auto label = label_of(container.labels, kUuidLabel);
  if (!label.empty()) return label;
  auto name = own_name(container.names);
  return name.empty() ? "no-uuid-" + container.id : name;
}

std::vector<nlohmann::json> instance_resources(const std::vector<docker::ContainerSummary>& containers) {
  std::vector<nlohmann::json> resources;
  resources.reserve(containers.size());
  for (const auto& container : containers) {
    if (!was_started(container)) continue;
    resources.push_back({{"type", "instance"},
                         {"uuid", derived_uuid(container)},
                         {"state", runs(container) ? "running" : "stopped"},
                         {"dockerId", container.id},
                         {"image", container.image},
                         {"labels", container.labels},
                         {"created", container.created},
                         {"systemContainer", ""}});
  }
  return resources;
}

}  // namespace cattle::handlers
