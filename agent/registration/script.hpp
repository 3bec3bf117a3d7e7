// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cattle::agent::registration {

/// What the script behind the registration URL assigns. It is read as data and never evaluated (P13, S33).
struct Script {
  std::string access_key;   ///< CATTLE_REGISTRATION_ACCESS_KEY.
  std::string secret_key;   ///< CATTLE_REGISTRATION_SECRET_KEY; a secret.
  std::string url;          ///< CATTLE_URL.
  std::string detected_ip;  ///< DETECTED_CATTLE_AGENT_IP; may be empty.
};

/// Throws Failure(bad_script), naming the line number, when the body does not begin with "#!/bin/sh", when a
/// line is neither blank, a comment nor an assignment, or when a needed variable is missing.
[[nodiscard]] Script parse_script(std::string_view body);

/// The assignments alone: optional `export`, one level of quotes, names without value left out. Throws as
/// above.
[[nodiscard]] std::map<std::string, std::string> parse_assignments(std::string_view body);

/// Value of `NAME="..."` in a bootstrap script of which nothing else is understood (P37); empty when there is
/// none.
[[nodiscard]] std::string find_assignment(std::string_view body, std::string_view name);

}  // namespace cattle::agent::registration
