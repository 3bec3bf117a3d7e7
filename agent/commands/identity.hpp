// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <string>

namespace cattle::agent::commands {

/// Makes sure that this machine does not go on as another that it is a copy of. A clone's identity is set
/// aside and its keys are refused from then on, in files and in the environment; it registers anew where
/// `register` has kept the URL. Returns the environment to go on with. Throws registration::Failure when a
/// person has to run the Add Host line.
[[nodiscard]] config::Environment own_identity(const config::Environment& environment,
                                               const std::string& state_dir);

}  // namespace cattle::agent::commands
