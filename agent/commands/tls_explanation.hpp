// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/failure.hpp"
#include "agent/registration/server.hpp"

#include <string>

namespace cattle::agent::commands {

/// The failure's own words and remedy, or, where a certificate is at fault, the doctor's: what it is and the
/// remedy.
[[nodiscard]] std::string explanation(const registration::Failure& failure, const std::string& url,
                                      const registration::ServerOptions& options);

}  // namespace cattle::agent::commands
