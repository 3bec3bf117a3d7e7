// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cattle::handlers {

/// The first `count` numbers of the first version in `text`, with dots: ("Linux version 6.1.0-18", 2) is
/// "6.1". Fewer where there are fewer; empty where there is none.
[[nodiscard]] std::string version_numbers(std::string_view text, int count);

}  // namespace cattle::handlers
