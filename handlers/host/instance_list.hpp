// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/container.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace cattle::handlers {

/// What the server takes a container for: its uuid label; without one its name; "no-uuid-<id>" when it has
/// none (3.1).
[[nodiscard]] std::string derived_uuid(const docker::ContainerSummary& container);

/// The `instance` resources of a ping, one for each container that was ever started (6.9). Paused and
/// restarting ones run: the server would otherwise stop and start a crash-looping container by turns (R38,
/// B11).
[[nodiscard]] std::vector<nlohmann::json> instance_resources(
    const std::vector<docker::ContainerSummary>& containers);

}  // namespace cattle::handlers
