// SPDX-License-Identifier: Apache-2.0
#include "handlers/call_wait.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace cattle::handlers {

bool wait_for(const docker::Call& call, std::chrono::milliseconds duration) {
  const auto wanted = std::chrono::steady_clock::now() + duration;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  // Nothing ever notifies but the stop token: this is a sleep that can be cancelled.
  changed.wait_until(lock, call.stop, std::min(wanted, call.deadline), [] { return false; });
  return !call.stop.stop_requested() && wanted <= call.deadline;
}

std::chrono::milliseconds time_left(std::chrono::steady_clock::time_point deadline,
                                    std::chrono::milliseconds least, std::chrono::milliseconds limit) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::clamp(left, std::min(least, limit), limit);
}

}  // namespace cattle::handlers
