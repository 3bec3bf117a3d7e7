// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/subscription.hpp"

#include <optional>
#include <string>

namespace cattle::subscriber {

struct ProxyAddress {
  std::string host;
  std::string port;
  Secret authorization;  ///< Value of Proxy-Authorization; empty without user.
};

/// Where and with what a subscription is opened.
struct Address {
  bool tls = false;
  std::string host;  ///< An IPv6 address without brackets.
  std::string port;
  std::string authority;  ///< For the Host header: the port only when it is not the default one.
  std::string target;     ///< Path and query; no "//" in the path (S37).
  Secret authorization;   ///< Value of Authorization; empty without key.
  std::optional<ProxyAddress> proxy;
};

/// Throws std::invalid_argument when the connection's url or proxy is none.
[[nodiscard]] Address make_address(const SubscriptionOptions& options);

/// Why the proxy that this connection would go through is none; empty when all is well. It may hold a
/// password and is not shown. A connection whose url is none is not looked at.
[[nodiscard]] std::string proxy_fault(const Connection& connection);

/// Follows a redirect from http to https on the same host (S35); false when `location` is anything else.
[[nodiscard]] bool follow_to_https(Address& address, const std::string& location);

/// Path segments in one line, whatever slashes `left` ends or `right` begins with.
[[nodiscard]] std::string join_paths(const std::string& left, const std::string& right);

/// "Basic <base64>", or empty when there is no user.
[[nodiscard]] Secret basic_authorization(const std::string& user, const std::string& password);

}  // namespace cattle::subscriber
