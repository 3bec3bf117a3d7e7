// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cattle::fuzz {

/// The event with one to three of its values changed in kind, size or place, so that most frames get past the
/// decoder; nullopt when it is no JSON, or when its bytes are to be changed instead (one time in 32).
[[nodiscard]] std::optional<std::string> mutated_event(std::string_view frame, unsigned int seed);

}  // namespace cattle::fuzz
