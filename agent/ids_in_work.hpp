// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/work.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cattle::agent {

/// Which event ids are in work. A finished id is forgotten: sent again, it is answered again. Any thread.
class IdsInWork {
 public:
  /// False when the id is in work already; that one's time then starts anew. An event without id is never a
  /// repetition.
  [[nodiscard]] bool enter(const std::shared_ptr<Work>& work, Clock::time_point now);
  void leave(const Work& work);

  /// Waits until nothing is in work; false when `limit` passed before.
  [[nodiscard]] bool wait_until_empty(std::chrono::milliseconds limit) const;
  [[nodiscard]] std::size_t size() const;
  /// Nothing has been in work for `quiet`.
  [[nodiscard]] bool at_rest(std::chrono::milliseconds quiet) const;
  /// How many works ended in the burst that is over for `quiet`; told once, 0 from then on and before.
  [[nodiscard]] std::size_t came_to_rest(std::chrono::milliseconds quiet);

 private:
  [[nodiscard]] bool is_quiet(std::chrono::milliseconds quiet) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable emptied_;
  std::map<std::string, std::shared_ptr<Work>> works_;
  std::size_t nameless_ = 0;
  Clock::time_point last_left_;
  std::size_t ended_ = 0;  ///< Since it was told that it came to rest.
};

}  // namespace cattle::agent
