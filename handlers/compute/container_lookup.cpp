// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/container_lookup.hpp"

#include <algorithm>
#include <utility>

namespace cattle::handlers {
namespace {

/// The engine's State.Running, told by the state word of a list entry.
bool runs(const std::string& state) {
  return state == "running" || state == "paused" || state == "restarting";
}

std::optional<ContainerMatch> by_label(const docker::Client& engine, const std::string& uuid,
                                       const docker::Call& call) {
  docker::ContainerFilters filters;
  filters.labels.push_back(std::string(kUuidLabel) + "=" + uuid);
  auto entries = engine.list_containers(filters, call);
  if (entries.empty()) return std::nullopt;
  // More than one is an accident (a copied label); the one that runs is the one that people see.
  const auto running = std::find_if(entries.begin(), entries.end(),
                                    [](const docker::ContainerSummary& entry) { return runs(entry.state); });
  return match_of(std::move(running == entries.end() ? entries.front() : *running));
}

std::optional<ContainerMatch> by_name(const docker::Client& engine, const std::string& uuid,
                                      const docker::Call& call) {
  auto container = engine.inspect_container(uuid, call);
  // The engine also takes the beginning of an id for a name.
  if (!container || container->name != "/" + uuid) return std::nullopt;
  if (!label_of(container->labels, kUuidLabel).empty()) return std::nullopt;
  return match_of(std::move(*container));
}

}  // namespace

std::string own_name(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  const auto own = std::find_if(names.begin(), names.end(),
                                [](const auto& name) { return name.find('/', 1) == std::string::npos; });
  const auto& name = own == names.end() ? names.front() : *own;
  return name.starts_with('/') ? name.substr(1) : name;
}

std::string label_of(const std::map<std::string, std::string>& labels, const std::string& key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

void name_in_log(const std::string& docker_id, const std::string& docker_name, const Context& context) {
  context.log.container(docker_id);
  // `cattle-agent explain NAME` finds the container's events by it.
  context.log.debug("container: name=" + docker_name);
}

void name_in_log(const ContainerMatch& match, const Context& context) {
  const auto name = own_name(match.names);
  name_in_log(match.id, name.empty() ? name : "/" + name, context);
}

ContainerMatch match_of(docker::Container container) {
  ContainerMatch match;
  match.id = container.id;
  match.names.push_back(container.name);
  match.running = container.running;
  match.labels = container.labels;
  match.inspected = std::move(container);
  return match;
}

ContainerMatch match_of(docker::ContainerSummary entry) {
  ContainerMatch match;
  match.id = entry.id;
  match.names = entry.names;
  match.running = runs(entry.state);
  match.labels = entry.labels;
  match.listed = std::move(entry);
  return match;
}

std::optional<ContainerMatch> find_container(const docker::Client& engine, const InstanceReference& instance,
                                             NameRule rule, const docker::Call& call) {
  std::optional<ContainerMatch> by_id;
  if (!instance.external_id.empty()) {
    auto container = engine.inspect_container(instance.external_id, call);
    if (container && container->id == instance.external_id) {
      const auto label = label_of(container->labels, kUuidLabel);
      by_id = match_of(std::move(*container));
      if (label == instance.uuid) return by_id;
    }
  }
  if (instance.uuid.empty()) return by_id;
  if (auto match = by_label(engine, instance.uuid, call)) return match;
  if (by_id || rule == NameRule::ignored) return by_id;
  return by_name(engine, instance.uuid, call);
}

}  // namespace cattle::handlers
