// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "handlers/route.hpp"

#include <functional>
#include <optional>
#include <string>

namespace cattle::agent {

struct Answer {
  /// Body of the reply; nullopt when the handler says that there is none.
  std::optional<std::string> body;
  std::string error;  ///< Empty when the work succeeded.
};

/// Runs the route's handler and makes its reply. The one place where failures become error replies (H2).
/// Never throws; `redact` is applied to the error text, which reaches the reply and the log.
[[nodiscard]] Answer answer(const subscriber::Event& event, const handlers::Route& route,
                            handlers::Context& context,
                            const std::function<std::string(const std::string&)>& redact);

}  // namespace cattle::agent
