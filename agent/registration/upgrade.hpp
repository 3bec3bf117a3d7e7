// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/agent_container.hpp"
#include "agent/registration/server.hpp"
#include "docker-client/client.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cattle::agent::registration {

/// What the running agent does about the image that the server asks for (P34, P35, S60).
enum class UpgradeDecision : std::uint8_t {
  none,  ///< Nothing is asked for, or it is what runs.
  upgrade,
  refused  ///< Another repository that the operator has not permitted: a warning, and we go on.
};

/// `permitted` is CATTLE_UPGRADE_IMAGES: repositories, comma separated, or "any". The own repository is
/// always permitted.
[[nodiscard]] UpgradeDecision decide_upgrade(const std::string& required_image, const std::string& own_image,
                                             const std::string& permitted);

/// True for rancher/agent and docker.io/rancher/agent: the original, which is handed over to without
/// probation.
[[nodiscard]] bool is_stock_image(const std::string& image);

/// Printed by the agent on standard output when it has answered its first ping with a replyTo: what probation
/// waits for.
inline constexpr std::string_view kAnsweredLine = "answered the server's first ping";

struct Replacement {
  AgentContainer agent;  ///< The new container.
  std::string old_id;    ///< The container that runs now, what it is called and its restart policy.
  std::string old_name{kAgentName};
  std::string old_policy = "always";
  std::chrono::seconds stop_time{30};
  std::chrono::seconds probation{60};
};

/// Where a replacement happens, and who hears of it.
struct ReplacementSite {
  const docker::Client& engine;
  const Waiting& waiting;
  std::function<void(const std::string&)> say;
  docker::Call call;
};

/// Stops the old agent (which closes its subscription, finishes and publishes), keeps it as
/// rancher-agent-previous with restart policy "no", and starts the new one. When that has not answered a ping
/// in time it is removed and the old one gets its name, policy and start back. Never are two subscribed
/// (R11). True when the new one stays.
[[nodiscard]] bool replace_with_probation(const ReplacementSite& site, const Replacement& replacement);

/// The second half of the above, for a helper that was interrupted (the engine ended under it) and started
/// again: `new_id` is on probation, or was never made when it is empty.
[[nodiscard]] bool resume_replacement(const ReplacementSite& site, const Replacement& replacement,
                                      const std::string& new_id);

/// The stock scripts start their helper without a restart policy: killed in the middle, it would leave the
/// host without an agent.
void outlast_the_engine(const docker::Client& engine, const std::string& helper, const docker::Call& call);

/// A replacement that was given up before the old agent was stopped leaves it with restart policy "no":
/// nobody would start it with the engine again.
void keep_across_restarts(const docker::Client& engine, std::string_view agent, const docker::Call& call);

/// The helper of section 8: pulls `image`, then runs it as rancher-agent-upgrade with the engine's socket,
/// mode upgrade. The engine starts it again when it fails or the engine itself ends.
void start_upgrade_helper(const docker::Client& engine, const std::string& image, const docker::Call& call);

}  // namespace cattle::agent::registration
