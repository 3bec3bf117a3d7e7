// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"

#include <chrono>
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

/// One handshake, which ends at the first fault of the chain: unknown CA, missing intermediate, wrong name,
/// expired, not yet valid. Nothing is ever sent over it. No findings when no connection comes about: other
/// checks say why.
[[nodiscard]] Findings check_certificate(const TlsTarget& target);

}  // namespace cattle::agent::doctor
