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
  std::string state_dir = "/var/lib/rancher/state";
  std::string home;                   ///< CATTLE_HOME; not looked at when empty.
  std::string host_key;               ///< Not looked at when empty.
  std::vector<std::string> ca_files;  ///< Trusted beside the system's, where they exist.
  std::vector<std::string> disks;     ///< Directories whose file systems must have room.
  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string modules = "/lib/modules";
  registration::MachineRoots machine;
  std::uint64_t least_bytes = 100ULL << 20U;  ///< Free for a directory to pass.
  std::uint64_t least_inodes = 1'000;
};

/// Room on the file systems, directories that can be written, state files, machine identity, control groups,
/// kernel modules. Never blocks on a network.
[[nodiscard]] Findings check_host(const HostRoots& roots);

/// The first of these alone, for directories that are known later.
[[nodiscard]] Findings check_disks(const HostRoots& roots);

/// Directories that this process may not write, though root may: the agent can't start as this user, but a
/// person who only asks need not be root.
[[nodiscard]] Findings check_user(const HostRoots& roots);

}  // namespace cattle::agent::doctor
