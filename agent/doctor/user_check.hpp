// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "agent/doctor/host_checks.hpp"

#include <string>

namespace cattle::agent::doctor {

inline constexpr auto kAsRoot = "run as root (sudo)";

/// True where root could tell what is there, and this user can't: whatever it is, no fault of the host.
[[nodiscard]] bool is_only_for_root(const std::string& path);

/// What this user may not write or read, though root may. Nothing of it is judged by the other checks.
[[nodiscard]] Findings check_user(const HostRoots& roots);

}  // namespace cattle::agent::doctor
