// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/share_mounts.hpp"

#include "agent/registration/mount_record.hpp"
#include "config/state_file.hpp"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace cattle::agent::registration {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// Empty on success.
std::string enter_mounts_of(pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/ns/mnt";
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return path + ": " + reason(errno);
  const int failed = ::setns(descriptor, CLONE_NEWNS);
  const int cause = errno;
  ::close(descriptor);
  return failed == 0 ? std::string() : path + ": " + reason(cause);
}

constexpr auto kMadeDirectories = "/var/lib/rancher/state/made-directories";

/// For uninstalling, which must know them from those that somebody else made.
void remember(const std::string& directory) {
  constexpr mode_t kMode = 0644;
  std::string list;
  for (const auto& known : made_directories()) list += known + "\n";
  try {
    config::write_state_file(kMadeDirectories, list + directory + "\n", kMode);
  } catch (const config::StateFileError&) {  // It stays then, as what others made does.
  }
}

/// For uninstalling. What can't be recorded stays then, until the next boot.
void record_sharing(const std::string& directory, Before before) {
  const auto mount = mount_at(directory);
  const auto ours = shared_by_us(0);
  if (!mount ||
      std::any_of(ours.begin(), ours.end(), [&](const auto& known) { return known.id == mount->id; }))
    return;  // What it was before us was seen the first time.
  try {
    record_mount({directory, mount->id, before});
  } catch (const config::StateFileError&) {
  }
}

std::string share(const std::string& directory) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(directory, error);
  if (error) return directory + ": " + error.message();
  if (made) remember(directory);
  const auto mount = mount_at(directory);
  if (mount && mount->shared) return {};
  if (!mount && ::mount(directory.c_str(), directory.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return directory + ": bind: " + reason(errno);
  const auto before = mount ? Before::own_private : Before::no_mount;
  record_sharing(directory, mount && mount->slave ? Before::own_slave : before);
  if (::mount(nullptr, directory.c_str(), nullptr, MS_SHARED, nullptr) != 0)
    return directory + ": make shared: " + reason(errno);
  return {};
}

void unshare(const SharedMount& mount, Unshared& result) {
  const auto* const directory = mount.directory.c_str();
  const unsigned long propagation = mount.before == Before::own_slave ? MS_SLAVE : MS_PRIVATE;
  const int failed = mount.before == Before::no_mount
                         ? ::umount2(directory, UMOUNT_NOFOLLOW)
                         : ::mount(nullptr, directory, nullptr, propagation, nullptr);
  if (failed == 0) {
    forget_mount(mount.id);
  } else if (errno == EBUSY) {
    result.in_use.push_back(mount.directory);
  } else {
    result.failures.push_back(mount.directory + ": " + reason(errno));
  }
}

}  // namespace

std::vector<std::string> made_directories() {
  std::vector<std::string> found;
  std::ifstream list(kMadeDirectories);
  for (std::string line; std::getline(list, line);) {
    if (!line.empty()) found.push_back(line);
  }
  return found;
}

bool is_mount_point(const std::string& directory) {
  return mount_at(directory).has_value();
}

std::vector<std::string> share_mounts(pid_t pid, const std::vector<std::string>& directories) {
  if (auto failure = enter_mounts_of(pid); !failure.empty()) return {std::move(failure)};
  ::umask(S_IWGRP | S_IWOTH);  // What is made here is the host's, 0755, however we were started.
  std::vector<std::string> failures;
  for (const auto& directory : directories) {
    if (auto failure = share(directory); !failure.empty()) failures.push_back(std::move(failure));
  }
  return failures;
}

Unshared unshare_mounts(pid_t pid, const std::vector<std::string>& directories) {
  Unshared result;
  if (auto failure = enter_mounts_of(pid); !failure.empty()) {
    result.failures.push_back(std::move(failure));
    return result;
  }
  for (const auto& mount : shared_by_us(0)) {
    if (std::find(directories.begin(), directories.end(), mount.directory) == directories.end()) continue;
    try {
      unshare(mount, result);
    } catch (const config::StateFileError& error) {
      result.failures.emplace_back(error.what());
    }
  }
  return result;
}

void run_for_each(pid_t pid, const std::string& program, const std::vector<std::string>& arguments) {
  if (!enter_mounts_of(pid).empty()) return;
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  for (const auto& argument : arguments) {
    std::string name = program;
    std::string value = argument;
    std::array<char*, 3> argv{name.data(), value.data(), nullptr};
    std::array<char*, 2> environment{const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
    pid_t child = 0;
    if (::posix_spawn(&child, program.c_str(), &quiet, nullptr, argv.data(), environment.data()) == 0) {
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
  posix_spawn_file_actions_destroy(&quiet);
}

pid_t peer_process(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof(address.sun_path)) return 1;
  std::memcpy(static_cast<void*>(address.sun_path), socket.c_str(), socket.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return 1;
  ucred peer{};
  socklen_t length = sizeof(peer);
  const bool known = ::connect(descriptor, static_cast<const sockaddr*>(static_cast<const void*>(&address)),
                               sizeof(address)) == 0 &&
                     ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0;
  ::close(descriptor);
  return known && peer.pid > 0 ? peer.pid : 1;
}

}  // namespace cattle::agent::registration
