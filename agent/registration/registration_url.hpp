// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/registrar.hpp"

#include <string>

namespace cattle::agent::registration {

struct FoundScript {
  std::string url;  ///< Where it was found; https when the server moved us there.
  Script script;
};

/// Waits for the server (300 tries, 2 s apart), then takes the script at the URL, or, for a plain API
/// address, the script of an active or new registration token (P11, P12). Throws Failure: unreachable,
/// token_refused, tls, bad_script.
[[nodiscard]] FoundScript find_registration_script(const Server& server, const Request& request,
                                                   const Waiting& waiting);

}  // namespace cattle::agent::registration
