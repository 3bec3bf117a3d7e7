// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cattle::agent::registration {

/// Sets `export NAME='value'` in an agent.conf, replacing an assignment of that name and leaving all other
/// lines as they are. The stock scripts source this file, so the value is quoted for a shell. Throws
/// Failure(state).
void set_option(const std::string& file, const std::string& name, const std::string& value);

}  // namespace cattle::agent::registration
