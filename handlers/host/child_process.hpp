// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace cattle::handlers {

/// A program to run. No shell is involved: what it gets is exactly this.
struct ChildCommand {
  std::vector<std::string> argv;  ///< First the program: a path, or a name that is looked for in our PATH.
  std::map<std::string, std::string> environment;  ///< All of it; nothing is inherited.
  std::string directory;                           ///< Ours when empty.
  std::string input;                               ///< For its stdin, which is closed afterwards.
  bool merge_outputs = false;                      ///< Both go to `output`, in the order written.
  std::size_t output_limit = 1U << 20U;            ///< Of each output; the rest is read and dropped.
};

struct ChildResult {
  enum class End : std::uint8_t { exited, deadline, stopped };
  End end = End::exited;
  int exit_code = -1;  ///< 128 and the signal's number when a signal ended it.
  std::string output;
  std::string error_output;
};

/// Runs the program until it has exited, or kills it with its whole process group at `deadline` or on `stop`.
/// It is always reaped. Children of it that keep its outputs open are not waited for. Throws OperationError
/// when it can't be started.
[[nodiscard]] ChildResult run_child(const ChildCommand& command,
                                    std::chrono::steady_clock::time_point deadline,
                                    const std::stop_token& stop);

}  // namespace cattle::handlers
