// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cattle::agent::registration {

/// Settings that an operator gives once, when registering, and means for every start: a plain service's.
[[nodiscard]] const std::vector<std::string>& kept_options();

/// Sets `export NAME='value'` in an agent.conf, replacing an assignment of that name and leaving all other
/// lines as they are. The stock scripts source this file, so the value is quoted for a shell. Throws
/// Failure(state).
void set_option(const std::string& file, const std::string& name, const std::string& value);

/// Takes the assignments of these names out again; a file in which nothing is left goes, too. Throws
/// Failure(state).
void remove_options(const std::string& file, const std::vector<std::string>& names);

}  // namespace cattle::agent::registration
