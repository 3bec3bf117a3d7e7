// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cattle::handlers {

/// What all three volume events answer. The key is fixed, whatever the event's `resourceType` says (1.1).
[[nodiscard]] nlohmann::json volume_reply();

}  // namespace cattle::handlers
