// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "agent/doctor/host_checks.hpp"

#include <string>
#include <vector>

namespace cattle::agent::doctor {

/// Identity, registration URL, key and CAs of this host, each where it is there: a file that the agent can
/// use, and closed to others where it holds a secret; and made on this machine. Reads from nothing but files:
/// a pipe in the place of one might never end. What only root may read is not judged.
[[nodiscard]] Findings check_state_files(const HostRoots& roots);

/// What `register` stored for `run`, where it did: damaged or cut off, it looks like settings that nobody
/// made.
[[nodiscard]] Findings check_credentials(const std::string& state_dir);

/// All files that the agent reads, be they there or not.
[[nodiscard]] std::vector<std::string> files_to_read(const HostRoots& roots);

/// False for anything that is there in a CA's place and OpenSSL can't read as such, which keeps the agent
/// from trusting any CA at all. True where nothing is there.
[[nodiscard]] bool is_usable_ca(const std::string& path);

}  // namespace cattle::agent::doctor
