// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "agent/doctor/server_checks.hpp"
#include "docker-client/http/url.hpp"

#include <optional>
#include <string>

namespace cattle::agent::doctor {

struct ApiAnswer {
  std::optional<Finding> fault;  ///< Why what answers is not a cattle server's API; nullopt when it is one.
  std::string date;              ///< Header Date of whoever answered.
};

/// A plain GET of the API root, without key, and at most one handshake to see whether the port speaks TLS. It
/// tells a server that is none from a way to it that lets no WebSocket through. Two steps' time at most.
[[nodiscard]] ApiAnswer ask_api(const ServerTarget& target, const http::Url& url);

}  // namespace cattle::agent::doctor
