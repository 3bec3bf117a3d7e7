// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <string>

namespace cattle::agent::commands {

/// `cattle-agent register URL` for a plain service: address, registration, credentials stored for `run`
/// (0600), an agent container of this host taken over. May be repeated: the same host gets the same key.
/// Returns an exit code of registration/failure.hpp, having said why on standard error.
[[nodiscard]] int register_service(const std::string& url, const config::Environment& environment);

/// The same for a machine whose identity was set aside because it is a copy of another: no container is
/// touched.
[[nodiscard]] int register_anew(const std::string& url, const config::Environment& environment);

}  // namespace cattle::agent::commands
