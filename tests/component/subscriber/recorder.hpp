// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/subscription.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace cattle::subscriber {

/// What a subscription's listener heard, for tests to wait on. Must outlive the subscription.
class Recorder {
 public:
  SubscriptionListener listener() {
    return {[this](std::string frame) { note([&] { frames_.push_back(std::move(frame)); }); },
            [this] { note([&] { ++subscribed_; }); },
            [this](const Outage& outage) { note([&] { outages_.push_back(outage); }); },
            [this](const Outage& outage) { note([&] { details_.push_back(outage); }); }};
  }

  [[nodiscard]] std::vector<std::string> frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  [[nodiscard]] std::vector<Outage> outages() const {
    const std::lock_guard lock(mutex_);
    return outages_;
  }
  [[nodiscard]] std::vector<Outage> details() const {
    const std::lock_guard lock(mutex_);
    return details_;
  }
  [[nodiscard]] bool wait_details(std::size_t count) const {
    return wait([&] { return details_.size() >= count; });
  }
  [[nodiscard]] bool wait_frames(std::size_t count) const {
    return wait([&] { return frames_.size() >= count; });
  }
  [[nodiscard]] bool wait_outages(std::size_t count) const {
    return wait([&] { return outages_.size() >= count; });
  }
  [[nodiscard]] bool wait_subscribed(std::size_t count) const {
    return wait([&] { return subscribed_ >= count; });
  }

 private:
  void note(const std::function<void()>& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  [[nodiscard]] bool wait(const std::function<bool()>& condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> frames_;
  std::vector<Outage> outages_;
  std::vector<Outage> details_;
  std::size_t subscribed_ = 0;
};

}  // namespace cattle::subscriber
