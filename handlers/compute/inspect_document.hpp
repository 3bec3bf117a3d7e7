// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/container.hpp"

#include <nlohmann/json_fwd.hpp>

namespace cattle::handlers {

/// The engine's inspect as the servers want to read it: whole and as it is, but for labels and environment,
/// which are strings (S47), and the MAC address, which new engines leave out and which the label then gives
/// (S46).
[[nodiscard]] nlohmann::json inspect_document(docker::Container container);

/// `dockerMounts`: the inspect's mounts that have a source and a destination, with a boolean RW (R46, S44,
/// H87). Always a list.
[[nodiscard]] nlohmann::json docker_mounts(const nlohmann::json& inspect);

/// Labels of a list entry, as strings.
void stringify_values(nlohmann::json& labels);

}  // namespace cattle::handlers
