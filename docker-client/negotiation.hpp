// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cattle::docker {

/// Appendix C of the API's history is known up to here; an engine whose oldest is newer is refused.
inline constexpr const char* kOldestApi = "1.24";
inline constexpr const char* kNewestApi = "1.52";

/// The oldest API version that the engine (`engine_oldest` to `engine_newest`) and this client accept; an
/// engine before 1.25 does not say its oldest. Throws Error::engine with both ranges when there is none.
[[nodiscard]] std::string negotiate(const std::string& engine_newest, const std::string& engine_oldest);

}  // namespace cattle::docker
