// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cattle::agent::registration {

/// As the kernel's own table has it; stat's device numbers don't tell a bind mount of the same file system.
struct Mount {
  std::string id;  ///< No other mount of any namespace has it as long as this one is there.
  bool shared = false;
  bool slave = false;
};

/// The topmost at exactly this path in the mount namespace of process `pid`; 0: of this one.
[[nodiscard]] std::optional<Mount> mount_at(const std::string& directory, pid_t pid = 0);

/// What sharing found, and undoing has to bring back.
enum class Before : std::uint8_t { no_mount, own_private, own_slave };

/// A directory that was shared by us in this boot of the machine.
struct SharedMount {
  std::string directory;
  std::string id;
  Before before = Before::no_mount;
};

/// The record is a file beside the state of a plain service. It is the engine's mount namespace where that
/// has a /var/lib of its own. What was recorded in an earlier boot went with it and isn't returned.
[[nodiscard]] std::vector<SharedMount> recorded_mounts();
/// Beside what is recorded for the same directory: an engine may have come with a mount namespace of its own
/// after the one of process 1 was prepared. Throws config::StateFileError.
void record_mount(const SharedMount& mount);
/// Throws config::StateFileError.
void forget_mount(const std::string& id);

/// Of recorded_mounts(), those that process `pid` has (0: this one) and that nobody has mounted anew or over.
[[nodiscard]] std::vector<SharedMount> shared_by_us(pid_t pid);

}  // namespace cattle::agent::registration
