// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/name_lookup.hpp"
#include "subscriber/address.hpp"
#include "subscriber/link.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cattle::subscriber {

/// Brings a link up to where the WebSocket request can be written: look-up, TCP, proxy, TLS, each with its
/// deadline.
class Connector {
 public:
  explicit Connector(const SubscriptionOptions& options) : options_(options) {}

  /// The step that failed and why, or nothing.
  boost::asio::awaitable<std::optional<Outage>> connect(std::shared_ptr<Link> link, const Address& address);

 private:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  boost::asio::awaitable<std::optional<Outage>> find(std::shared_ptr<Link> link, const std::string& host,
                                                     const std::string& port, Endpoints& endpoints);
  boost::asio::awaitable<std::optional<Outage>> open_tcp(Link& link, const std::string& peer,
                                                         const Endpoints& endpoints);
  boost::asio::awaitable<std::optional<Outage>> open_tunnel(Link& link, const Address& address);
  boost::asio::awaitable<std::optional<Outage>> open_tls(Link& link, const Address& address);

  const SubscriptionOptions& options_;
  std::optional<boost::asio::ssl::context> context_;  ///< Kept from the first https connection on.
  http::NameLookup lookup_;
};

/// What an error of the network says, or that the time was over.
[[nodiscard]] std::string reason(const Link& link, const boost::system::error_code& error);

}  // namespace cattle::subscriber
