// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/state_takeover.hpp"

#include "agent/registration/agent_container.hpp"
#include "config/state_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace cattle::agent::registration {
namespace {

/// Directory on this host that the container sees as /var/lib/rancher; empty when it has no such mount.
std::string state_source(const docker::Container& container) {
  for (const auto& mount : container.raw.at("Mounts")) {
    if (mount.value("Destination", "") == "/var/lib/rancher") return mount.value("Source", "");
  }
  return {};
}

void copy_identity(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const auto* name : {".registration_token", ".docker_uuid", ".physical_host_uuid"}) {
    std::error_code error;
    if (std::filesystem::exists(to / name, error)) continue;
    if (const auto content = config::read_state_file_as_it_is((from / name).string())) {
      constexpr mode_t kMode = 0600;
      config::write_state_file((to / name).string(), *content, kMode);
    }
  }
}

}  // namespace

void take_over_state(const docker::Client& engine, const std::string& state_dir,
                     const std::function<void(const std::string&)>& say, const docker::Call& call) {
  try {
    for (const auto name : {kAgentName, kForkAgentName}) {
      const auto container = find_by_name(engine, name, call);
      if (!container) continue;
      const auto source = state_source(*container);
      if (!source.empty() && source + "/state" != state_dir) copy_identity(source + "/state", state_dir);
    }
  } catch (const docker::Error& error) {
    say(std::string("the engine can't be asked for an agent container to take over: ") + error.what());
  }
}

void remove_agent_containers(const docker::Client& engine, const std::function<void(const std::string&)>& say,
                             const docker::Call& call) {
  try {
    for (const auto name : {kAgentName, kForkAgentName, kUpgradeName, kForkUpgradeName, kPreviousName}) {
      const auto container = find_by_name(engine, name, call);
      if (!container) continue;
      constexpr std::chrono::seconds kGrace{10};
      (void)engine.stop_container(container->id, kGrace, call);
      remove_by_name(engine, name, call);
      say("removed container " + std::string(name));
    }
  } catch (const docker::Error& error) {
    say(std::string("agent containers could not be removed: ") + error.what());
  }
}

std::string running_agent_container(const docker::Client& engine, const docker::Call& call) {
  docker::ContainerFilters filters;
  filters.all = false;
  filters.names = {std::string(kAgentName), std::string(kForkAgentName)};
  // The engine takes the names as patterns that may match anywhere.
  for (const auto& container : engine.list_containers(filters, call)) {
    for (const auto& name : filters.names) {
      const auto& names = container.names;
      if (std::find(names.begin(), names.end(), "/" + name) != names.end()) return name;
    }
  }
  return {};
}

}  // namespace cattle::agent::registration
