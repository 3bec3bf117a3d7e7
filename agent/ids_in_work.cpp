// SPDX-License-Identifier: Apache-2.0
#include "agent/ids_in_work.hpp"

#include <utility>

namespace cattle::agent {

bool IdsInWork::enter(const std::shared_ptr<Work>& work, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (work->event().id.empty()) {
    ++nameless_;
    return true;
  }
  const auto [place, entered] = works_.emplace(work->event().id, work);
  if (!entered) place->second->sent_again(now);
  return entered;
}

void IdsInWork::leave(const Work& work) {
  const std::lock_guard lock(mutex_);
  if (work.event().id.empty()) {
    --nameless_;
  } else {
    works_.erase(work.event().id);
  }
  last_left_ = Clock::now();
  ++ended_;
  if (works_.empty() && nameless_ == 0) emptied_.notify_all();
}

bool IdsInWork::wait_until_empty(std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, limit, [this] { return works_.empty() && nameless_ == 0; });
}

std::size_t IdsInWork::size() const {
  const std::lock_guard lock(mutex_);
  return works_.size() + nameless_;
}

bool IdsInWork::at_rest(std::chrono::milliseconds quiet) const {
  const std::lock_guard lock(mutex_);
  return is_quiet(quiet);
}

std::size_t IdsInWork::came_to_rest(std::chrono::milliseconds quiet) {
  const std::lock_guard lock(mutex_);
  return is_quiet(quiet) ? std::exchange(ended_, 0) : 0;
}

bool IdsInWork::is_quiet(std::chrono::milliseconds quiet) const {
  return works_.empty() && nameless_ == 0 && Clock::now() - last_left_ >= quiet;
}

}  // namespace cattle::agent
