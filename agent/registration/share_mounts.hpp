// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cattle::agent::registration {

/// In the mount namespace of process `pid`: makes each directory exist (0755) and be a shared mount point,
/// bound onto itself when it is none (P28). Changes this process's own mount namespace for good, so it must
/// be a process of its own that has no second thread: subcommand `share-mounts`. Returns what failed, a line
/// for each directory; throws nothing.
[[nodiscard]] std::vector<std::string> share_mounts(pid_t pid, const std::vector<std::string>& directories);

struct Unshared {
  std::vector<std::string> in_use;  ///< Left as they are: something is mounted below, or works there.
  std::vector<std::string> failures;
};

/// Undoes that for those of `directories` that share_mounts() changed and nobody has mounted since: what it
/// bound is unmounted, an operator's mount that it made shared is as it was. In the same way for a process of
/// its own: subcommand `unshare-mounts`.
[[nodiscard]] Unshared unshare_mounts(pid_t pid, const std::vector<std::string>& directories);

/// Runs `<program> <argument>` once for each argument in the mount namespace of process `pid`, output thrown
/// away, failures ignored (P30: the kernel may have the module built in). As above, for a process of its own.
void run_for_each(pid_t pid, const std::string& program, const std::vector<std::string>& arguments);

/// Those that share_mounts() had to make, by their record beside the state of a plain service.
[[nodiscard]] std::vector<std::string> made_directories();

/// True when the kernel's table of this namespace has a mount at exactly this path.
[[nodiscard]] bool is_mount_point(const std::string& directory);

/// Process at the other end of a unix socket: the engine, whose mount namespace decides what it mounts into
/// containers. 1 when it can't be told, or when the socket was made by process 1 for it.
[[nodiscard]] pid_t peer_process(const std::string& socket);

}  // namespace cattle::agent::registration
