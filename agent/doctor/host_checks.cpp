// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/host_checks.hpp"

#include "agent/doctor/state_files.hpp"
#include "agent/doctor/user_check.hpp"

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
#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace cattle::agent::doctor {
namespace {

bool leads_nowhere(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_symlink(std::filesystem::symlink_status(path, error)) &&
         ::access(path.c_str(), F_OK) != 0 && errno != EACCES;
}

/// Nearest to `directory` that is there already, if only as a link that leads nowhere: nothing can be made in
/// its place.
std::filesystem::path nearest_existing(const std::string& directory) {
  auto nearest = std::filesystem::path(directory).lexically_normal();
  std::error_code error;
  while (nearest.has_relative_path() && !std::filesystem::exists(nearest, error) && !leads_nowhere(nearest))
    nearest = nearest.parent_path();
  return nearest;
}

void check_disk(const std::string& directory, const HostRoots& roots, std::set<::dev_t>& seen,
                Findings& findings) {
  // The directory may not have been made yet; what counts is the file system that it will be on.
  const auto existing = nearest_existing(directory);
  struct stat place {};
  struct statvfs status {};
  if (::stat(existing.c_str(), &place) != 0 || !seen.insert(place.st_dev).second) return;
  // Nobody writes to a read-only one; where the agent would have to, check_host() finds that.
  if (::statvfs(existing.c_str(), &status) != 0 || (status.f_flag & ST_RDONLY) != 0) return;
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

std::string writing_remedy(const std::string& nearest, int cause, Whose whose) {
  if (whose == Whose::user) return kAsRoot;
  if (cause == EROFS) return "mount the file system of " + nearest + " for writing";
  if (cause == EPERM) return "take the attribute from it that protects it: chattr -i " + nearest;
  return "make it a directory that root can write";
}

/// What is in the way of a directory; empty when nothing is.
std::string obstacle(const std::filesystem::path& nearest) {
  std::error_code error;
  if (leads_nowhere(nearest)) return nearest.string() + " is a link that leads nowhere";
  return std::filesystem::is_directory(nearest, error) ? "" : nearest.string() + " is no directory";
}

/// A first start makes what is missing, where it can.
void check_writable(const std::string& directory, const std::string& nearest, Whose wanted,
                    Findings& findings) {
  if (const auto seen = obstacle(nearest); !seen.empty()) {
    if (wanted == Whose::host) findings.push_back({Cause::state_file, seen, "move it away"});
    return;
  }
  if (::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  const int cause = errno;
  const auto whose = cause == EACCES && ::geteuid() != 0 ? Whose::user : Whose::host;
  if (whose != wanted) return;
  const auto why = ": " + std::generic_category().message(cause);
  std::error_code error;
  const auto what = std::filesystem::exists(directory, error)
                        ? directory + " can't be written" + why
                        : directory + " can't be made in " + nearest + why;
  findings.push_back({Cause::state_file, what, writing_remedy(nearest, cause, whose)});
}

Findings check_directories(const HostRoots& roots, Whose wanted) {
  Findings findings;
  // Several would be made in the same place, and one word of that is enough.
  std::set<std::string> seen;
  for (const auto& directory : roots.directories) {
    const auto nearest = nearest_existing(directory).string();
    if (seen.insert(nearest).second) check_writable(directory, nearest, wanted, findings);
  }
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

Findings check_disks(const HostRoots& roots, const std::vector<std::string>& directories) {
  Findings findings;
  std::set<::dev_t> seen;
  for (const auto& directory : directories) check_disk(directory, roots, seen, findings);
  return findings;
}

Findings check_host(const HostRoots& roots) {
  auto findings = check_directories(roots, Whose::host);
  const auto files = check_state_files(roots);
  findings.insert(findings.end(), files.begin(), files.end());
  check_cgroup(roots, findings);
  check_modules(roots, findings);
  return findings;
}

Findings check_user_directories(const HostRoots& roots) {
  return check_directories(roots, Whose::user);
}

}  // namespace cattle::agent::doctor
