// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::agent::registration {

inline constexpr std::string_view kAgentName = "rancher-agent";
inline constexpr std::string_view kUpgradeName = "rancher-agent-upgrade";
inline constexpr std::string_view kPreviousName = "rancher-agent-previous";
/// What the living fork calls them: found, replaced and removed as well, never made (S21, S22).
inline constexpr std::string_view kForkAgentName = "pasturestack-node-agent";
inline constexpr std::string_view kForkUpgradeName = "pasturestack-node-agent-upgrade";

struct AgentContainer {
  std::string image;  ///< Name under which the registration container was started (P4).
  std::map<std::string, std::string>
      environment;  ///< Forwarded variables that are set, credentials among them.
  std::string state_volume = "rancher-agent-state";  ///< Existing one of the fork first (S22).
  bool var_lib_writable = true;        ///< Else /var/lib/rancher comes from the state volume (P26).
  bool host_cgroup_namespace = false;  ///< The engine knows CgroupnsMode (S25).
};

/// Names that are carried from the registration container into the agent container, and no others (P25).
[[nodiscard]] const std::vector<std::string>& forwarded_variables();

/// Create body of section 5: options, nine mounts, label, environment.
[[nodiscard]] nlohmann::json agent_container_body(const AgentContainer& agent);

/// The state volume to go on with: the fork's when there is one, else the stock name.
[[nodiscard]] std::string choose_state_volume(const docker::Client& engine, const docker::Call& call);

/// The container of that very name; the engine also takes the beginning of an id for a name.
[[nodiscard]] std::optional<docker::Container> find_by_name(const docker::Client& engine,
                                                            std::string_view name, const docker::Call& call);

/// Removes containers of that name, waiting until each is gone. Unknown names are no error.
void remove_by_name(const docker::Client& engine, std::string_view name, const docker::Call& call);

/// Replaces the agent container, whichever name it has, and starts the new one. Returns its id.
[[nodiscard]] std::string launch_agent(const docker::Client& engine, const AgentContainer& agent,
                                       const docker::Call& call);

}  // namespace cattle::agent::registration
