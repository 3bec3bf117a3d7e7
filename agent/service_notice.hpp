// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace cattle::agent {

/// Tells systemd how the service does, by the datagram protocol of sd_notify(3). Does nothing where nobody
/// asked for it.
class ServiceNotice {
 public:
  /// Values of NOTIFY_SOCKET and WATCHDOG_USEC; empty when not set.
  ServiceNotice(std::string socket, const std::string& watchdog_microseconds);

  void ready();  ///< Once is enough; more does no harm.
  void stopping();
  void alive();  ///< To be called at least every interval(); how much oftener makes no difference.
  /// Half of the watchdog's time; nullopt without a watchdog.
  [[nodiscard]] std::optional<std::chrono::milliseconds> interval() const { return interval_; }
  [[nodiscard]] bool wanted() const { return !socket_.empty(); }

 private:
  void send(const std::string& message) const;
  std::string socket_;
  std::optional<std::chrono::milliseconds> interval_;
  std::chrono::steady_clock::time_point next_;  ///< Not sent before.
};

}  // namespace cattle::agent
