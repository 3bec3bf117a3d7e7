// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cattle::config {

/// CATTLE_HOST_LABELS, written like a URL query (`a=b&c=d`): percent escapes and plus signs are decoded, keys
/// and values trimmed, the first value of a repeated key counts, empty values stay (H108).
[[nodiscard]] std::map<std::string, std::string> parse_host_labels(std::string_view text);

}  // namespace cattle::config
