// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace cattle::handlers {

/// First IPv4 address of a name by the system's resolver; nullopt when there is none. May block for as long
/// as that does.
[[nodiscard]] std::optional<std::string> resolve_ipv4(const std::string& name);

/// The IPv4 address of the host's configured address, which may be a name (6.3) and may change. A name is
/// resolved in the background, since a resolver may hang for longer than a ping may wait. Safe to share
/// between threads.
class HostAddress {
 public:
  using Resolver = std::function<std::optional<std::string>(const std::string& name)>;
  explicit HostAddress(Resolver resolver = &resolve_ipv4,
                       std::chrono::milliseconds max_age = std::chrono::minutes(5));

  /// nullopt: not configured, not resolvable, or not known within `patience`.
  [[nodiscard]] std::optional<std::string> ipv4(const std::string& configured,
                                                std::chrono::milliseconds patience);

 private:
  void resolve(const std::string& name);

  Resolver resolver_;
  std::chrono::milliseconds max_age_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string name_;  ///< That `address_` belongs to.
  std::optional<std::string> address_;
  std::chrono::steady_clock::time_point resolved_at_;
  bool resolving_ = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace cattle::handlers
