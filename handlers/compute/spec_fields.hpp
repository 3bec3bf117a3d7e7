// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"

#include <set>
#include <string>
#include <string_view>

namespace cattle::handlers {

enum class FieldUse : std::uint8_t {
  mapped,        ///< Has a place in the create body, or decides something in it.
  other_place,   ///< The server acts on it, or it reaches us by another part of the event.
  other_system,  ///< Means something to Windows or to engines before 1.10 only; set, it is worth a warning.
  unknown
};

/// What becomes of the field `name` of `data.fields`.
[[nodiscard]] FieldUse use_of_field(std::string_view name);

/// Names in `settings` that no server of ours is known to send.
[[nodiscard]] std::set<std::string> unknown_fields(const JsonFields& settings);

}  // namespace cattle::handlers
