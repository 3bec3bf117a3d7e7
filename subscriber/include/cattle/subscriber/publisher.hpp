// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace cattle::subscriber {

struct PublishResult {
  enum class Kind : std::uint8_t {
    accepted,  ///< 2xx.
    refused,   ///< 4xx: the matter is ended (R22).
    gave_up    ///< Connection failures or 5xx until the event's time was over, or stopped.
  };
  Kind kind = Kind::gave_up;
  int status = 0;      ///< Of the last answer; 0 when there was none.
  int attempts = 0;    ///< At least 1.
  std::string detail;  ///< Last failure, for the log; empty when accepted.
};

struct PublisherOptions {
  Connection connection;
  /// One attempt has three quarters of the event's time that is left, within these two: a server that is only
  /// slow must not get the reply several times, and a request that gets lost must leave time for another.
  std::chrono::milliseconds least_attempt{2'000};
  std::chrono::milliseconds most_attempt{30'000};
  std::chrono::milliseconds first_wait{250};
  std::chrono::milliseconds most_wait{5'000};
};

/// Posts replies to `<url>/publish`. Blocking; safe to share between threads.
class Publisher {
 public:
  explicit Publisher(PublisherOptions options);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// Posts `body` at least once; the same body again on connection failures and 5xx until `deadline()` (asked
  /// before each attempt and each wait, since it may move) or stop. What got no answer is posted again on a
  /// connection of its own. A failure never becomes another reply (E5). `on_unanswered` is told once, when an
  /// attempt of that length got no answer in time and another follows: the server may well have the reply.
  [[nodiscard]] PublishResult publish(
      const std::string& body, const std::function<std::chrono::steady_clock::time_point()>& deadline,
      const std::stop_token& stop,
      const std::function<void(std::chrono::milliseconds)>& on_unanswered = {}) const;
  /// One attempt, for progress; without `limit` it has `most_attempt`.
  [[nodiscard]] PublishResult publish_once(const std::string& body,
                                           std::optional<std::chrono::milliseconds> limit = {},
                                           const std::stop_token& stop = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cattle::subscriber
