// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/error.hpp"
#include "docker-client/types/image.hpp"

#include <optional>
#include <string>

namespace cattle::handlers {

/// Says to a person why an image did not come: not found, denied, rate limited, network, disk, engine gone;
/// always with the engine's own text (H93). Names the user who was refused, never the password.
[[nodiscard]] std::string pull_failure(const std::string& image,
                                       const std::optional<docker::RegistryAuth>& auth,
                                       const docker::Error& error);

}  // namespace cattle::handlers
