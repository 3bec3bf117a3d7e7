// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace cattle::agent {

/// SIGTERM, SIGINT and the program's own request (SIGUSR1), taken by waiting for them instead of by a
/// handler: nothing is ever interrupted by them. To be created before any thread, which inherits the mask.
/// SIGPIPE is ignored from then on: a peer that closes its end shows as an error where we write.
class Signals {
 public:
  Signals();
  ~Signals();  ///< What came and was not waited for has no effect any more.
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  static constexpr int kOwnRequest = SIGUSR1;
  /// Lets wait() return kOwnRequest. Any thread.
  static void request();

  /// The number of the next one; nullopt when `limit` passed before. Main thread only.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit) const;

 private:
  sigset_t wanted_{};
  sigset_t before_{};
};

}  // namespace cattle::agent
