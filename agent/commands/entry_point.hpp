// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <string>
#include <vector>

namespace cattle::agent::commands {

/// The image's entry point with every mode of the stock one (packaging reference 3): a URL or `register`,
/// `upgrade`, `inspect-host`, `run`, `state`, `--`, nothing for other words. Exit 0 or 1, but for `run`
/// (exit_code.hpp) and `--` (the command's).
[[nodiscard]] int entry_point(const std::vector<std::string>& arguments,
                              const config::Environment& environment);

/// Subcommands that change their own process's mount namespace: `words` are a process id, then directories or
/// modules.
[[nodiscard]] int share_mounts(const std::vector<std::string>& words);
[[nodiscard]] int unshare_mounts(const std::vector<std::string>& words);
[[nodiscard]] int load_modules(const std::vector<std::string>& words);

}  // namespace cattle::agent::commands
