// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cattle::agent::registration {

/// Settings that an operator gives once, when registering, and means for every start: a plain service's.
[[nodiscard]] const std::vector<std::string>& kept_options();

/// Sets `export NAME='value'` in an agent.conf, replacing an assignment of that name and leaving all other
/// lines as they are; where the file says so already, nothing. The stock scripts source this file, so the
/// value is quoted for a shell. What is written is recorded beside the file. Throws Failure(state).
void set_option(const std::string& file, const std::string& name, const std::string& value);

/// Takes the assignments of these names out again; a file in which nothing is left goes, too. Throws
/// Failure(state).
void remove_options(const std::string& file, const std::vector<std::string>& names);

/// The lines that set_option() wrote and that nobody has changed since.
[[nodiscard]] std::vector<std::string> recorded_lines(const std::string& file);
/// Takes exactly those out again; a file in which nothing is left goes, too. Throws Failure(state).
void remove_recorded_lines(const std::string& file);
/// Where set_option() notes what it writes.
[[nodiscard]] std::string record_of_options(const std::string& file);

}  // namespace cattle::agent::registration
