// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::handlers {

/// Ticks of one logical CPU since boot.
struct CpuTicks {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};

struct ProcessorStatistics {
  std::int64_t count = 0;  ///< Logical CPUs.
  std::string model;       ///< Of the first; empty where the architecture names none.
  double mhz = 0;
  std::vector<double> percentages;  ///< Busy share of each core, 0 to 100.
  std::vector<double> load;         ///< 1, 5 and 15 minutes; empty when unknown.
};

/// Per-core lines of /proc/stat.
[[nodiscard]] std::vector<CpuTicks> parse_cpu_ticks(std::string_view stat);

/// Share of busy ticks between two looks; a core without a tick in between, or that is new, has its share
/// since boot.
[[nodiscard]] std::vector<double> busy_percentages(const std::vector<CpuTicks>& before,
                                                   const std::vector<CpuTicks>& now);

/// Reads `proc`/stat, `proc`/cpuinfo, `proc`/loadavg and `sys`/devices/system/cpu. Percentages are those
/// since the last call, the first time since boot: a ping never waits for a sample (B46). Not thread safe.
/// Throws std::runtime_error when /proc/stat can't be read.
class ProcessorSampler {
 public:
  ProcessorSampler(std::string proc, std::string sys) : proc_(std::move(proc)), sys_(std::move(sys)) {}
  [[nodiscard]] ProcessorStatistics sample();

 private:
  std::string proc_;
  std::string sys_;
  std::vector<CpuTicks> last_;
};

}  // namespace cattle::handlers
