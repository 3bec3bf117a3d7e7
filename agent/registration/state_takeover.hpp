// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"

#include <functional>
#include <string>

namespace cattle::agent::registration {

/// A plain service goes on as the host that an agent container was: where that container kept its state in a
/// volume, the identity files are copied from there into `state_dir`, never over existing ones. An engine
/// that can't be asked is said and skipped.
void take_over_state(const docker::Client& engine, const std::string& state_dir,
                     const std::function<void(const std::string&)>& say, const docker::Call& call);

/// Stops and removes the agent containers of either family, and their upgrade helpers.
void remove_agent_containers(const docker::Client& engine, const std::function<void(const std::string&)>& say,
                             const docker::Call& call);

/// Name of a running agent container, empty when there is none: beside it nobody else may run (R11). One
/// call.
[[nodiscard]] std::string running_agent_container(const docker::Client& engine, const docker::Call& call);

}  // namespace cattle::agent::registration
