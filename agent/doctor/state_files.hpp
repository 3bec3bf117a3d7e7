// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "agent/doctor/host_checks.hpp"

#include <string>

namespace cattle::agent::doctor {

/// Identity, registration URL, key and CAs of this host, each where it is there: a file that the agent can
/// use, and closed to others where it holds a secret; and made on this machine. Reads from nothing but files:
/// a pipe in the place of one might never end.
[[nodiscard]] Findings check_state_files(const HostRoots& roots);

/// What `register` stored for `run`, where it did: damaged or cut off, it looks like settings that nobody
/// made.
[[nodiscard]] Findings check_credentials(const std::string& state_dir);

/// False for anything that is there in a CA's place and is none, which keeps the agent from trusting any CA
/// at all. True where nothing is there.
[[nodiscard]] bool is_usable_ca(const std::string& path);

}  // namespace cattle::agent::doctor
