// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/memory_statistics.hpp"

#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace cattle::handlers {

MemoryStatistics parse_meminfo(std::string_view meminfo) {
  std::map<std::string, std::int64_t> mebibytes;
  std::istringstream lines{std::string(meminfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string key;
    std::int64_t kibibytes = 0;
    if (fields >> key >> kibibytes) mebibytes[key] = kibibytes / 1024;
  }
  if (!mebibytes.contains("MemTotal:")) throw std::runtime_error("/proc/meminfo names no total");

  MemoryStatistics memory;
  memory.total = mebibytes["MemTotal:"];
  memory.free = mebibytes["MemFree:"];
  memory.buffers = mebibytes["Buffers:"];
  memory.cached = mebibytes["Cached:"];
  memory.available = mebibytes.contains("MemAvailable:") ? mebibytes["MemAvailable:"]
                                                         : memory.free + memory.buffers + memory.cached;
  memory.active = mebibytes["Active:"];
  memory.inactive = mebibytes["Inactive:"];
  memory.swap_cached = mebibytes["SwapCached:"];
  memory.swap_total = mebibytes["SwapTotal:"];
  memory.swap_free = mebibytes["SwapFree:"];
  return memory;
}

}  // namespace cattle::handlers
