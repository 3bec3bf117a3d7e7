// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cattle::handlers {

/// The words of every `search` line of a resolv.conf, in file order. A missing or unreadable file has none:
/// an instance starts without the host's domains rather than not at all.
[[nodiscard]] std::vector<std::string> read_search_domains(const std::string& resolv_conf);

}  // namespace cattle::handlers
