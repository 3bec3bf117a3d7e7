// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/disk_statistics.hpp"

#include "handlers/host/text_file.hpp"

#include <mntent.h>
#include <sys/statvfs.h>

#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>

namespace cattle::handlers {
namespace {

constexpr std::uint64_t kMebibyte = 1U << 20U;

/// Types that need a device: the lines of /proc/filesystems without the mark "nodev".
std::set<std::string> device_types(const std::string& proc) {
  std::set<std::string> types;
  std::istringstream lines(read_text_file(proc + "/filesystems").value_or(std::string()));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("nodev")) continue;
    std::istringstream fields(line);
    std::string type;
    if (fields >> type) types.insert(type);
  }
  return types;
}

}  // namespace

std::optional<DiskUsage> disk_usage(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0 || status.f_blocks == 0) return std::nullopt;
  const std::uint64_t block = status.f_frsize;
  const auto used = (status.f_blocks - status.f_bfree) * block;
  const auto free = status.f_bavail * block;
  DiskUsage usage;
  usage.total = static_cast<std::int64_t>(status.f_blocks * block / kMebibyte);
  usage.used = static_cast<std::int64_t>(used / kMebibyte);
  usage.free = static_cast<std::int64_t>(free / kMebibyte);
  usage.percentage =
      used + free == 0 ? 0 : 100.0 * static_cast<double>(used) / static_cast<double>(used + free);
  return usage;
}

std::string path_on_host(const std::string& proc, const std::string& path) {
  return proc == "/proc" ? path : proc + "/1/root" + path;
}

std::map<std::string, DiskUsage> mounted_disks(const std::string& proc, const std::string& etc) {
  const auto types = device_types(proc);
  using Table = std::unique_ptr<FILE, int (*)(FILE*)>;
  Table table(::setmntent((etc + "/mtab").c_str(), "re"), &::endmntent);
  if (!table) table = Table(::setmntent((proc + "/self/mounts").c_str(), "re"), &::endmntent);
  std::map<std::string, DiskUsage> disks;
  if (!table) return disks;

  struct mntent entry {};
  std::array<char, 8192> buffer{};
  while (::getmntent_r(table.get(), &entry, buffer.data(), static_cast<int>(buffer.size())) != nullptr) {
    const std::string device = entry.mnt_fsname;
    if (!types.contains(entry.mnt_type) || disks.contains(device)) continue;
    auto usage = disk_usage(path_on_host(proc, entry.mnt_dir));
    // Without the rights to look through PID 1's root, what the agent itself sees there has to do.
    if (!usage) usage = disk_usage(entry.mnt_dir);
    if (usage) disks[device] = *usage;
  }
  return disks;
}

}  // namespace cattle::handlers
