// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <string>

namespace cattle::agent {

/// The address that this host is known by, which may change while we run (DHCP, a moved interface): the next
/// ping tells the new one, without a new registration. refresh() belongs to the upkeep thread, current() to
/// any.
class OwnAddress {
 public:
  struct Options {
    std::string wish;  ///< CATTLE_DOCKER_HOST_IP or CATTLE_AGENT_IP: used as it is, but for "if:<name>" and a
                       ///< network.
    std::string server_host;
    std::string server_port;
  };
  OwnAddress(Options options, std::function<void(const std::string&)> say);

  [[nodiscard]] std::string current() const;
  /// `detected`: as the server sees us; empty when not known. May take the resolver's time. Says a change
  /// once.
  void refresh(const std::string& detected);

 private:
  [[nodiscard]] bool is_fixed() const;

  const Options options_;
  const std::function<void(const std::string&)> say_;
  mutable std::mutex mutex_;
  std::string current_;
  std::string reason_;
};

}  // namespace cattle::agent
