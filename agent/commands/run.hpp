// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

namespace cattle::agent::commands {

/// `cattle-agent run`: never with a copied machine's identity, nor, but for the package, beside an agent
/// container. By hand, or `as_service` (the host is prepared), or (CATTLE_AGENT_PACKAGE) started by a
/// server's package. Returns an exit code of exit_code.hpp.
[[nodiscard]] int run(const config::Overrides& overrides, bool as_service);

/// Mode run of the image: environment and files as the stock image has them, the host prepared, the image
/// watched.
[[nodiscard]] int run_in_image(const config::Environment& environment);

}  // namespace cattle::agent::commands
