// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/subscriber.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cattle::subscriber {

/// As in production, but everything that is waited for takes milliseconds.
inline SubscriberOptions fast(const std::string& url) {
  SubscriberOptions options;
  options.connection.url = url;
  options.connection.access_key = "key";
  options.connection.secret_key = Secret("secret");
  options.health_port = 0;
  options.health_address = "127.0.0.1";
  options.limits.first_wait = std::chrono::milliseconds(10);
  options.limits.most_wait = std::chrono::milliseconds(40);
  options.limits.refused_wait = std::chrono::milliseconds(60);
  options.limits.ping_interval = std::chrono::milliseconds(20);
  return options;
}

inline bool wait(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// What was heard, for tests to look at from another thread.
struct Names {
  std::mutex mutex;
  std::vector<std::string> seen;
  void add(const std::string& name) {
    const std::lock_guard lock(mutex);
    seen.push_back(name);
  }
  [[nodiscard]] std::vector<std::string> copy() {
    const std::lock_guard lock(mutex);
    return seen;
  }
};

}  // namespace cattle::subscriber
