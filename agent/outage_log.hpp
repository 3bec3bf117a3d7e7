// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/log.hpp"
#include "cattle/subscriber/subscription.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace cattle::agent {

/// Says once for each outage which step failed, why, and what a person can do about it, and once when it is
/// over how long it was. Used on the subscription's thread only.
class OutageLog {
 public:
  OutageLog(AgentLog& log, std::string server_url) : log_(log), server_url_(std::move(server_url)) {}

  void began(const subscriber::Outage& outage);
  /// What else shows that the server can't be reached, for whoever looks closer.
  void goes_on(const subscriber::Outage& outage);
  /// `server_version`: of a PastureStack server, empty for the original; said once (S39).
  void subscribed(const std::string& server_version);

 private:
  AgentLog& log_;
  const std::string server_url_;
  bool was_subscribed_ = false;
  std::optional<std::chrono::steady_clock::time_point> since_;
};

}  // namespace cattle::agent
