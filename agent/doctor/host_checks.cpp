// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/host_checks.hpp"

#include "agent/registration/failure.hpp"
#include "config/config.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
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

bool is_identity(const std::string& text) {
  constexpr std::size_t kLongest = 128;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char letter) { return std::isgraph(letter) != 0; });
}

bool is_registration_key(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char letter) { return std::isxdigit(letter) != 0; });
}

void check_identity_file(const std::string& path, bool (*is_sound)(const std::string&), Findings& findings) {
  try {
    const auto content = config::read_state_file(path);
    if (content && !is_sound(*content)) {
      findings.push_back({Cause::state_file, path + (content->empty() ? " is empty" : " is damaged"),
                          "restore " + path + " from a backup, or remove it to register as a new host"});
    }
  } catch (const config::StateFileError& error) {
    findings.push_back({Cause::state_file, error.what(), "make " + path + " a readable file"});
  }
}

void check_secret_file(const std::string& path, Findings& findings) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  if ((status.st_mode & static_cast<mode_t>(S_IRWXG | S_IRWXO)) != 0) {
    findings.push_back({Cause::state_file, path + " can be read by others", "chmod 600 " + path});
  }
}

/// A first start makes what is missing, where it can.
void check_writable(const std::string& directory, Findings& findings) {
  const auto nearest = nearest_existing(directory).string();
  std::error_code error;
  if (!std::filesystem::is_directory(nearest, error)) {
    findings.push_back({Cause::state_file, nearest + " is no directory", "move it away"});
    return;
  }
  if (::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  const int cause = errno;
  const auto why = ": " + std::generic_category().message(cause);
  const auto what = std::filesystem::exists(directory, error)
                        ? directory + " can't be written" + why
                        : directory + " can't be made in " + nearest + why;
  std::string remedy = "make it a directory that root can write";
  if (cause == EROFS) remedy = "mount the file system of " + nearest + " for writing";
  if (cause == EACCES && ::geteuid() != 0) remedy = "run as root";
  findings.push_back({Cause::state_file, what, remedy});
}

void check_state(const HostRoots& roots, Findings& findings) {
  const auto before = findings.size();
  check_writable(roots.state_dir, findings);
  if (!roots.home.empty() && roots.home != roots.state_dir) check_writable(roots.home, findings);
  if (findings.size() > before) return;
  check_identity_file(roots.state_dir + "/.registration_token", &is_registration_key, findings);
  for (const auto* name : {"/.docker_uuid", "/.physical_host_uuid"})
    check_identity_file(roots.state_dir + name, &is_identity, findings);
  // The stock image leaves its registration key readable inside a directory of root's; ours is what we answer
  // for.
  check_secret_file(config::credentials_file(roots.state_dir), findings);
}

void check_machine(const HostRoots& roots, Findings& findings) {
  try {
    const auto recorded = registration::recorded_facts(roots.state_dir);
    const auto now = registration::read_machine_facts(roots.machine);
    if (registration::compare_machine(recorded, now) == registration::Sameness::clone) {
      findings.push_back({Cause::identity_clash,
                          roots.state_dir + " was made on another machine: this one is a copy of it",
                          "run the Add Host line again here, after moving " + roots.state_dir + " away"});
    }
  } catch (const registration::Failure& failure) {
    findings.push_back({Cause::state_file, failure.what(), "see the message"});
  }
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
  check_state(roots, findings);
  check_machine(roots, findings);
  check_cgroup(roots, findings);
  check_modules(roots, findings);
  return findings;
}

Findings check_credentials(const std::string& state_dir) {
  const auto path = config::credentials_file(state_dir);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  std::vector<std::string> faults;
  const auto stored = config::read_option_files({path}, faults);
  for (const auto* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) {
    if (faults.empty() && !stored.contains(name)) faults.push_back(path + " does not set " + name);
  }
  if (faults.empty()) return {};
  return {{Cause::state_file, faults.front(), "run the Add Host line again, or restore it from a backup"}};
}

}  // namespace cattle::agent::doctor
