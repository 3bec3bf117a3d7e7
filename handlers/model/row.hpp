// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"

namespace cattle::handlers {

/// A row of a list of children that the server still sends but that is gone (5.1, R53).
[[nodiscard]] bool is_removed(const JsonFields& row);

}  // namespace cattle::handlers
