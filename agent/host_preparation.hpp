// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"

#include <sys/types.h>

#include <functional>
#include <stop_token>
#include <string>

namespace cattle::agent {

struct HostPreparationOptions {
  std::string own_program = "/proc/self/exe";
  std::string wait_program =
      "/usr/bin/r";  ///< Put into the volume that managed-network containers mount as /.r .
  /// Where that volume is: /.r in the image; asked from the engine when empty (plain service).
  std::string wait_directory;
  bool replace_wait_program = false;  ///< A stock `r` that is there already is kept otherwise.
};

/// What the host needs before containers of managed networks and volume plugins work: shared mounts in the
/// mount namespace of the engine's process (P28), kernel modules by the host's own modprobe (P30). Runs
/// beside the subscription; every failure is a warning and nothing more.
void prepare_host(pid_t engine_process, const HostPreparationOptions& options,
                  const std::function<void(const std::string&)>& warn, const std::stop_token& stop);

/// The wait program (P29), for which the engine has to answer. Empty when it is in place, else what is wrong.
[[nodiscard]] std::string offer_wait_program(const docker::Client& engine,
                                             const HostPreparationOptions& options);

/// Puts `program` into `directory` as `r` by rename; an existing one stays unless `replace`. Throws
/// std::system_error.
void place_wait_program(const std::string& program, const std::string& directory, bool replace);

}  // namespace cattle::agent
