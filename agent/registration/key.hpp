// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cattle::agent::registration {

/// The host's lasting identity towards the server: `<state_dir>/.registration_token`, 128 hex digits and a
/// newline, 0600 (P15, R57). Made once, stored durably before it is first used, and never replaced: throws
/// Failure(state) when the file is there but can't be read, does not hold what it should or was not written
/// to its end. A secret.
[[nodiscard]] std::string registration_key(const std::string& state_dir);

/// True for a key that was written to its end; `content` is the file's as it is, with all white space. What
/// registration_key() refuses, and doctor reports, is anything else.
[[nodiscard]] bool is_whole_key(const std::string& content);

}  // namespace cattle::agent::registration
