// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cattle::handlers {

/// MiB, rounded down; `free` is what is free for users.
struct DiskUsage {
  std::int64_t total = 0;
  std::int64_t used = 0;
  std::int64_t free = 0;
  double percentage = 0;  ///< Of what users can fill.
};

/// By one statfs; nullopt when it fails.
[[nodiscard]] std::optional<DiskUsage> disk_usage(const std::string& path);

/// Where a path of the host is seen from here: below `proc`/1/root when the agent was given another /proc
/// (HOST_PROC).
[[nodiscard]] std::string path_on_host(const std::string& proc, const std::string& path);

/// Every device with a file system of its own kind (none of the kernel's virtual ones) that `etc`/mtab, else
/// `proc`/self/mounts, names; the first mount of a device counts. One that can't be looked at is left out.
[[nodiscard]] std::map<std::string, DiskUsage> mounted_disks(const std::string& proc, const std::string& etc);

}  // namespace cattle::handlers
