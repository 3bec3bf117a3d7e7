// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cattle::agent {

struct ProgramRun {
  int code = -1;  ///< Exit code; minus the signal's number; -1000 when it did not end in 60 s and was killed.
  std::string output;
  std::string errors;
  std::chrono::milliseconds time{0};
};

/// Runs cattle-agent with this environment and no other. `prepare` is called in the child before the program
/// is: for namespaces and mounts that end with it; false ends the child with code 125.
[[nodiscard]] ProgramRun run_program(const std::vector<std::string>& arguments,
                                     const std::map<std::string, std::string>& environment,
                                     const std::function<bool()>& prepare = {});

/// Of a file; empty when there is none.
[[nodiscard]] std::string content(const std::filesystem::path& file);

/// Mount namespace of its own, in which mounts stay private.
[[nodiscard]] bool own_mounts();
/// A tmpfs over an existing directory; with mount options.
[[nodiscard]] bool mount_tmpfs(const std::string& directory, const std::string& options);
/// True when this process may make namespaces and mounts.
[[nodiscard]] bool is_root();

}  // namespace cattle::agent
