// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "docker-client/http/url.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cattle::agent::doctor {

struct TlsTarget {
  std::string host;
  std::string port;
  std::string ca_file;                      ///< The system's CAs when empty.
  std::vector<std::string> extra_ca_files;  ///< Where they exist.
  std::string proxy_host;                   ///< CONNECT through it; none when empty.
  std::string proxy_port;
  std::chrono::seconds timeout{2};
};

/// What to try for this server. `proxy` is the one for https and may be empty, as it counts for nothing where
/// `no_proxy` holds the server.
[[nodiscard]] TlsTarget tls_target(const http::Url& server, const std::string& proxy,
                                   const std::string& no_proxy);

/// One handshake, which ends at the first fault of the chain: unknown CA, missing intermediate, wrong name,
/// expired, not yet valid. Nothing is ever sent over it. No findings when no connection comes about: other
/// checks say why. SIGPIPE is ignored from then on.
[[nodiscard]] Findings check_certificate(const TlsTarget& target);

/// A server that asks for a certificate of the client, which is a fault only where it insists on one.
[[nodiscard]] std::optional<Finding> check_client_certificate(const TlsTarget& target);

/// True when a handshake comes as far as to the server's certificate, be it a good one or not.
[[nodiscard]] bool speaks_tls(const TlsTarget& target);

}  // namespace cattle::agent::doctor
