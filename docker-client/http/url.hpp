// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace cattle::http {

/// An absolute http, https, ws or wss URL in its parts.
struct Url {
  std::string scheme;  ///< Lower case.
  std::string user;
  std::string password;
  std::string host;   ///< Lower case; an IPv6 address without brackets.
  std::string port;   ///< Always there: the scheme's default when the text has none.
  std::string path;   ///< At least "/".
  std::string query;  ///< Without '?'.

  /// "host" or "host:port", the port only when it is not the scheme's default; IPv6 in brackets.
  [[nodiscard]] std::string authority() const;
  /// scheme://authority, no path.
  [[nodiscard]] std::string origin() const;
};

/// nullopt when `text` is not such a URL.
[[nodiscard]] std::optional<Url> parse_url(const std::string& text);
/// Where a redirect from `base` leads; `location` may be relative. User and password of `base` don't go
/// along.
[[nodiscard]] std::optional<Url> resolve_url(const Url& base, const std::string& location);

}  // namespace cattle::http
