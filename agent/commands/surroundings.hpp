// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/entry_point.hpp"
#include "config/config.hpp"
#include "docker-client/client.hpp"

#include <memory>
#include <string>

namespace cattle::agent::commands {

/// Read by every start and written by registering.
inline constexpr auto kOptionFile = "/var/lib/rancher/etc/agent.conf";

/// Where a command works, with the engine that it talks to.
struct Here {
  std::unique_ptr<docker::Client> engine;
  registration::Surroundings surroundings;  ///< Its `engine` is the one above.
};

/// On the host itself: state in CATTLE_STATE_DIR, else /var/lib/rancher/state; PLATFORM_ in place of CATTLE_
/// wins where the README's table has a star.
[[nodiscard]] Here plain_surroundings(const config::Environment& environment);
/// In the image: agent.conf over the environment, as the stock entry point sources it; own container by host
/// name.
[[nodiscard]] Here image_surroundings(const config::Environment& environment);

/// What the stock image exports before it starts the agent, under what the operator set.
[[nodiscard]] config::Environment with_image_defaults(const config::Environment& environment);

}  // namespace cattle::agent::commands
