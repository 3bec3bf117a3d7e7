// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace cattle::agent {

/// How malloc is to behave in a program that mostly waits: few arenas, and what a burst took goes back soon.
/// First thing in main, before any thread.
void prefer_little_memory();

/// Gives back what a burst or the start left behind: free heap, at once, and pages of the program's own code
/// that were needed once, when no burst has been for a minute. The kernel has the latter in its cache and
/// maps them again when they are wanted; so they would come and go in a busy time, and how much the agent has
/// would be a matter of the moment. Any thread; each call takes about a millisecond.
class MemoryReturn {
 public:
  /// For tests: what gives the two back, and how long a burst keeps the code.
  struct Ways {
    std::function<void()> heap;
    std::function<void()> code;
    std::chrono::milliseconds keep{60'000};
  };
  MemoryReturn();
  explicit MemoryReturn(Ways ways) : ways_(std::move(ways)) {}

  /// So many events were worked on, and now nothing is in work. A few are no burst: a server's pings.
  void rested(std::size_t events);
  /// By the clock, while nothing is in work.
  void tick();

 private:
  static constexpr std::size_t kBurst = 32;

  const Ways ways_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> last_burst_;
};

}  // namespace cattle::agent
