// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "agent/registration/machine.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cattle::agent::doctor {

/// Where this host is looked at; tests give other roots.
struct HostRoots {
  /// Where `run` keeps its state; then where registering would, when that is another.
  std::vector<std::string> state_dirs{"/var/lib/rancher/state"};
  std::vector<std::string> identity_files;  ///< UUIDs of host and engine, wherever the agent keeps them.
  std::string host_key;                     ///< Not looked at when empty.
  std::vector<std::string> ca_files;        ///< Trusted beside the system's, where they exist.
  std::vector<std::string> named_files;     ///< What else is read, where it exists: settings, CAs.
  std::vector<std::string> directories;     ///< What the agent or registering writes into.
  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string modules = "/lib/modules";
  registration::MachineRoots machine;
  std::uint64_t least_bytes = 100ULL << 20U;  ///< Free for a directory to pass.
  std::uint64_t least_inodes = 1'000;
};

/// Directories that can be written, state files, machine identity, control groups, kernel modules. Never
/// blocks on a network.
[[nodiscard]] Findings check_host(const HostRoots& roots);

/// Room on the file systems of these directories, be they there already or not; each is named once.
[[nodiscard]] Findings check_disks(const HostRoots& roots, const std::vector<std::string>& directories);

/// Directories that this process may not write, though root may: the agent can't start as this user, but a
/// person who only asks need not be root.
[[nodiscard]] Findings check_user_directories(const HostRoots& roots);

}  // namespace cattle::agent::doctor
