// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "cattle/subscriber/connection.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace cattle::agent::doctor {

struct ServerTarget {
  subscriber::Connection
      connection;              ///< As the agent uses it; without a whole key the credentials are not judged.
  std::string stored_ca;       ///< /var/lib/rancher/etc/ssl/ca.crt.
  std::string ca_fingerprint;  ///< CA_FINGERPRINT, when set.
  std::chrono::milliseconds step_timeout{2'000};
  std::chrono::seconds most_clock_offset{60};
};

/// Name, route, proxy, certificate, clock, API, credentials and the way of a WebSocket, in that order: what
/// can't be judged because an earlier step fails is not reported, nor what follows from a CA's file that is
/// none (which check_host() finds). Subscribes to no event name, so that nothing is taken from a running
/// agent (R11). About four steps' time at most.
[[nodiscard]] Findings check_server(const ServerTarget& target);

/// Difference of this host's clock to a Date header, in seconds, positive when this host is ahead; 0 when the
/// text is no date.
[[nodiscard]] std::int64_t clock_offset(const std::string& date, std::int64_t now);

}  // namespace cattle::agent::doctor
