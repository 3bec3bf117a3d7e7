// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/accounts.hpp"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cattle::lab {

struct AgentProgram {
  std::string program;  ///< Path of cattle-agent.
  std::string url;      ///< Of the server, without version.
  Key key;
  std::string docker_host;
  std::string directory;  ///< Exists; agent.log, console.log and home/ go there.
  std::vector<std::pair<std::string, std::string>> environment;  ///< Besides PATH and what the above makes.
};

/// `cattle-agent run` as a child of this process, with an environment of its own. Not thread-safe.
class AgentProcess {
 public:
  explicit AgentProcess(const AgentProgram& program);  ///< Starts it. Throws std::system_error.
  ~AgentProcess();                                     ///< SIGKILL when it still runs; reaped in any case.
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number) const;
  /// Its exit code, or 128 and the signal that ended it; nothing when it still runs at the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline);

 private:
  pid_t pid_ = 0;
  std::optional<int> result_;
};

}  // namespace cattle::lab
