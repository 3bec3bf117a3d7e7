// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/host_checks.hpp"

#include "agent/doctor/state_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace cattle::agent::doctor {
namespace {

/// Nearest to `directory` that is there already.
std::filesystem::path nearest_existing(const std::string& directory) {
  auto nearest = std::filesystem::path(directory).lexically_normal();
  std::error_code error;
  while (nearest.has_relative_path() && !std::filesystem::exists(nearest, error))
    nearest = nearest.parent_path();
  return nearest;
}

void check_disk(const std::string& directory, const HostRoots& roots, Findings& findings) {
  // The directory may not have been made yet; what counts is the file system that it will be on.
  const auto existing = nearest_existing(directory);
  struct statvfs status {};
  if (::statvfs(existing.c_str(), &status) != 0) return;
  const auto free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  if (free < roots.least_bytes) {
    findings.push_back({Cause::disk_space, directory + ": " + std::to_string(free >> 20U) + " MiB free",
                        "make room on the file system of " + directory});
  }
  // Some file systems have no fixed number of inodes and say 0 of 0.
  if (status.f_files > 0 && status.f_favail < roots.least_inodes) {
    findings.push_back({Cause::inodes, directory + ": " + std::to_string(status.f_favail) + " inodes free",
                        "remove files (many small ones) on the file system of " + directory});
  }
}

/// Whose fault it is: the host's, or that of who asks and is not root.
enum class Whose : std::uint8_t { host, user };

/// A first start makes what is missing, where it can.
void check_writable(const std::string& directory, Whose wanted, Findings& findings) {
  const auto nearest = nearest_existing(directory).string();
  std::error_code error;
  if (!std::filesystem::is_directory(nearest, error)) {
    if (wanted == Whose::host)
      findings.push_back({Cause::state_file, nearest + " is no directory", "move it away"});
    return;
  }
  if (::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  const int cause = errno;
  const auto whose = cause == EACCES && ::geteuid() != 0 ? Whose::user : Whose::host;
  if (whose != wanted) return;
  const auto why = ": " + std::generic_category().message(cause);
  const auto what = std::filesystem::exists(directory, error)
                        ? directory + " can't be written" + why
                        : directory + " can't be made in " + nearest + why;
  std::string remedy = "make it a directory that root can write";
  if (cause == EROFS) remedy = "mount the file system of " + nearest + " for writing";
  if (whose == Whose::user) remedy = "run as root";
  findings.push_back({Cause::state_file, what, remedy});
}

Findings check_directories(const HostRoots& roots, Whose wanted) {
  Findings findings;
  check_writable(roots.state_dir, wanted, findings);
  if (!roots.home.empty() && roots.home != roots.state_dir) check_writable(roots.home, wanted, findings);
  return findings;
}

void check_cgroup(const HostRoots& roots, Findings& findings) {
  std::ifstream mounts(roots.proc + "/mounts");
  bool found = false;
  for (std::string line; std::getline(mounts, line);)
    found = found || line.find(" cgroup") != std::string::npos;
  if (!found) {
    findings.push_back(
        {Cause::cgroup, "no control group hierarchy is mounted", "mount cgroup2 on /sys/fs/cgroup"});
  }
}

bool is_listed(const std::string& file, const std::string& module) {
  std::ifstream list(file);
  const auto name = "/" + module + ".ko";
  for (std::string line; std::getline(list, line);) {
    if (line.find(name) != std::string::npos) return true;
  }
  return false;
}

/// A module that is built in, or that this kernel does not have any more, is no finding: only a kernel whose
/// modules were removed under it can't load what it will be asked for.
void check_modules(const HostRoots& roots, Findings& findings) {
  utsname kernel{};
  std::ifstream release_file(roots.proc + "/sys/kernel/osrelease");
  std::string release;
  if (!std::getline(release_file, release) && ::uname(&kernel) == 0)
    release = static_cast<const char*>(kernel.release);
  std::error_code error;
  const auto directory = roots.modules + "/" + release;
  const bool loadable = std::filesystem::exists(roots.proc + "/modules", error);
  if (!loadable || std::filesystem::exists(directory + "/modules.dep", error)) return;
  if (!std::filesystem::exists(roots.modules, error) || std::filesystem::is_empty(roots.modules, error))
    return;
  for (const auto* module : {"veth", "vxlan", "xt_nat", "xt_mark"}) {
    if (std::filesystem::exists(roots.sys + "/module/" + module, error) ||
        is_listed(directory + "/modules.builtin", module))
      continue;
    findings.push_back({Cause::kernel_modules,
                        directory + " is missing, and module " + module + " is not loaded",
                        "reboot into the installed kernel, or install the modules of " + release});
    return;
  }
}

}  // namespace

Findings check_disks(const HostRoots& roots) {
  Findings findings;
  for (const auto& disk : roots.disks) check_disk(disk, roots, findings);
  return findings;
}

Findings check_host(const HostRoots& roots) {
  auto findings = check_disks(roots);
  const auto directories = check_directories(roots, Whose::host);
  findings.insert(findings.end(), directories.begin(), directories.end());
  // Files that only root may read are none that are damaged.
  const auto files = check_user(roots).empty() ? check_state_files(roots) : Findings();
  findings.insert(findings.end(), files.begin(), files.end());
  check_cgroup(roots, findings);
  check_modules(roots, findings);
  return findings;
}

Findings check_user(const HostRoots& roots) {
  return check_directories(roots, Whose::user);
}

}  // namespace cattle::agent::doctor
