// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/container_spec.hpp"

#include "docker-client/types/engine.hpp"
#include "handlers/compute/spec_draft.hpp"
#include "handlers/compute/spec_fields.hpp"
#include "handlers/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace cattle::handlers {
namespace {

NetworkKind network_kind(const Instance& instance) {
  const Nic* nic = first_nic(instance);
  if (nic == nullptr) return NetworkKind::bridge;
  if (nic->network_kind == "dockerHost") return NetworkKind::host;
  if (nic->network_kind == "dockerNone") return NetworkKind::none;
  if (nic->network_kind == "dockerContainer") return NetworkKind::container;
  return nic->network_kind == "cni" ? NetworkKind::cni : NetworkKind::bridge;
}

bool is_name_character(unsigned char letter) {
  return std::isalnum(letter) != 0 || letter == '_' || letter == '.' || letter == '-';
}

bool docker_takes_name(const std::string& name) {
  return name.size() >= 2 && std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_unset(const nlohmann::json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() || text == "default";
  }
  return value.empty() || value == 0;
}

void warn_of_other_systems(SpecDraft& draft) {
  if (!draft.settings.document().is_object()) return;
  for (const auto& [name, value] : draft.settings.document().items()) {
    if (!is_unset(value) && use_of_field(name) == FieldUse::other_system) {
      draft.warnings.push_back(draft.settings.path_of(name) + " has no effect on Linux with this engine");
    }
  }
}

nlohmann::json finish_body(SpecDraft& draft) {
  nlohmann::json body = std::move(draft.config);
  if (!draft.environment.empty()) {
    auto& entries = body["Env"] = nlohmann::json::array();
    for (const auto& [name, value] : draft.environment) entries.push_back(fmt::format("{}={}", name, value));
  }
  body["Labels"] = draft.labels;
  body["HostConfig"] = std::move(draft.host_config);
  return body;
}

}  // namespace

SpecDraft::SpecDraft(const Instance& the_instance, const SpecFacts& the_facts)
    : instance(the_instance),
      facts(the_facts),
      settings(the_instance.settings()),
      network(network_kind(the_instance)) {}

bool SpecDraft::engine_at_least(const std::string& wanted) const {
  return !facts.engine_api_version.empty() && docker::api_at_least(facts.engine_api_version, wanted);
}

const Nic* first_nic(const Instance& instance) {
  return instance.nics.empty() ? nullptr : &instance.nics.front();
}

std::string container_name(const InstanceReference& instance) {
  if (!docker_takes_name(instance.name)) return "r-" + instance.uuid;
  return "r-" + instance.name + "-" + instance.uuid.substr(0, instance.uuid.find('-'));
}

SpecNeeds spec_needs(const Instance& instance) {
  SpecNeeds needs;
  const JsonFields settings = instance.settings();
  const auto volumes = settings.texts("dataVolumes").value_or(std::vector<std::string>{});
  const std::string docker_root_bind = std::string(kUsualDockerRoot) + ":" + kUsualDockerRoot;
  needs.docker_root_dir = std::any_of(volumes.begin(), volumes.end(), [&](const std::string& volume) {
    return volume == docker_root_bind || volume.starts_with(docker_root_bind + ":");
  });
  needs.host_search_domains = wants_host_search_domains(instance);
  needs.default_disk = settings.object("blkioDeviceOptions").has(kDefaultDisk);
  return needs;
}

ContainerSpec make_container_spec(const Instance& instance, const SpecFacts& facts) {
  if (instance.reference.uuid.empty())
    throw RequestError(instance.path + ".uuid: expected a string that isn't empty");
  SpecDraft draft(instance, facts);
  add_config_fields(draft);
  add_command(draft);
  add_health_check(draft);
  add_host_config_fields(draft);
  add_devices(draft);
  add_block_io(draft);
  add_resources(draft);
  add_network(draft);
  add_dns(draft);
  add_ports(draft);
  add_mounts(draft);
  add_labels(draft);
  add_environment(draft);
  add_link_environment(draft);
  add_proxy_environment(draft);
  add_server_environment(draft);
  warn_of_other_systems(draft);

  ContainerSpec spec;
  spec.name = container_name(instance.reference);
  spec.image = draft.config.at("Image").get<std::string>();
  const auto has_label = [&](const char* name, const char* value) {
    const auto label = draft.labels.find(name);
    return label != draft.labels.end() && label->second == value;
  };
  spec.wants_cni_wait = has_label("io.rancher.cni.wait", "true");
  spec.pull_always = has_label("io.rancher.container.pull_image", "always");
  spec.unknown_fields = unknown_fields(draft.settings);
  spec.warnings = std::move(draft.warnings);
  spec.body = finish_body(draft);
  return spec;
}

}  // namespace cattle::handlers
