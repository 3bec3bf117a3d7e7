// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

namespace cattle::agent::commands {

/// `cattle-agent run`: by hand, or `as_service`, or (CATTLE_AGENT_PACKAGE) started by a server's package.
/// Returns an exit code of exit_code.hpp.
[[nodiscard]] int run(const config::Overrides& overrides, bool as_service);

/// Mode run of the image: environment and files as the stock image has them, the host prepared, the image
/// watched.
[[nodiscard]] int run_in_image(const config::Environment& environment);

}  // namespace cattle::agent::commands
