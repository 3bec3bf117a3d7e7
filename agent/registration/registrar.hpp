// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/script.hpp"
#include "agent/registration/server.hpp"

#include <functional>
#include <string>

namespace cattle::agent::registration {

/// What registration ends with.
struct Credentials {
  std::string url;  ///< CATTLE_URL for the agent.
  std::string access_key;
  subscriber::Secret secret_key;
  std::string detected_ip;
};

struct Request {
  std::string
      url;  ///< As typed: a registration URL, or the address of a server without access control (P12).
  std::string url_override;  ///< CATTLE_URL_OVERRIDE.
  std::string access_key;    ///< With secret_key: registration itself is skipped (P18).
  subscriber::Secret secret_key;
  std::function<std::string()>
      key;  ///< Called when a registration key is needed, before the first request that sends it.
  /// Called once, when the server's certificate is not trusted: true when a CA was stored, so that it is
  /// worth another try. May be empty.
  std::function<bool()> obtain_ca;
  std::function<void(const std::string&)> say;  ///< A line for the person; never a secret.
};

/// The steps of packaging-and-registration section 4 up to the credentials. Throws Failure.
[[nodiscard]] Credentials register_host(const Server& server, const Request& request, const Waiting& waiting);

}  // namespace cattle::agent::registration
