// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace cattle::handlers {

/// MiB, rounded down.
struct MemoryStatistics {
  std::int64_t total = 0;
  std::int64_t free = 0;
  std::int64_t available = 0;
  std::int64_t buffers = 0;
  std::int64_t cached = 0;
  std::int64_t active = 0;
  std::int64_t inactive = 0;
  std::int64_t swap_cached = 0;
  std::int64_t swap_total = 0;
  std::int64_t swap_free = 0;
};

/// Content of /proc/meminfo. Kernels before 3.14 name no available memory: free, buffers and cached then.
/// Throws std::runtime_error when there is no total.
[[nodiscard]] MemoryStatistics parse_meminfo(std::string_view meminfo);

}  // namespace cattle::handlers
