// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/address.hpp"
#include "docker-client/http/name_lookup.hpp"

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

namespace cattle::agent {

/// The address that this host is known by, which may change while we run (DHCP, a moved interface): the next
/// ping tells the new one, without a new registration. refresh() belongs to the upkeep thread, current() to
/// any.
class OwnAddress {
 public:
  struct Options {
    std::string wish;  ///< CATTLE_DOCKER_HOST_IP or CATTLE_AGENT_IP. A name is used as it is.
    std::string server_host;
    std::string server_port;
  };
  using Say = std::function<void(const std::string&)>;
  OwnAddress(Options options, Say say, Say warn);

  [[nodiscard]] std::string current() const;
  /// `detected`: as the server sees us; empty when not known. May take the resolver's time, but no longer
  /// than until `stop`. Says a change once, and warns once of an address that can't be this host's, which is
  /// not used then.
  void refresh(const std::string& detected, const std::stop_token& stop);

 private:
  [[nodiscard]] bool is_name() const;
  [[nodiscard]] registration::AddressWish wish() const;
  [[nodiscard]] registration::AddressChoice choose(const std::string& detected, const std::stop_token& stop);
  [[nodiscard]] std::string route_source(const std::stop_token& stop);

  const Options options_;
  const Say say_;
  const Say warn_;
  http::NameLookup lookup_;  ///< Upkeep thread only.
  mutable std::mutex mutex_;
  std::string current_;
  std::string reason_;
  std::string warning_;  ///< Upkeep thread only.
};

}  // namespace cattle::agent
