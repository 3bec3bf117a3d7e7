// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/processor_statistics.hpp"

#include "handlers/host/text_file.hpp"

#include <array>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace cattle::handlers {
namespace {

/// Value of the first `key : value` line of /proc/cpuinfo.
std::string cpuinfo_value(const std::string& cpuinfo, std::string_view key) {
  std::istringstream lines(cpuinfo);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return {};
}

double number(const std::string& text) {
  double value = 0;
  std::istringstream(text) >> value;
  return value;
}

}  // namespace

std::vector<CpuTicks> parse_cpu_ticks(std::string_view stat) {
  // user nice system idle iowait irq softirq steal; the guest columns behind are part of user and nice
  // already.
  constexpr std::size_t kColumns = 8;
  std::vector<CpuTicks> cores;
  std::istringstream lines{std::string(stat)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    CpuTicks ticks;
    std::uint64_t value = 0;
    for (std::size_t column = 0; column < kColumns && fields >> value; ++column) {
      ticks.total += value;
      if (column != 3 && column != 4) ticks.busy += value;
    }
    cores.push_back(ticks);
  }
  return cores;
}

std::vector<double> busy_percentages(const std::vector<CpuTicks>& before, const std::vector<CpuTicks>& now) {
  std::vector<double> percentages;
  for (std::size_t core = 0; core < now.size(); ++core) {
    auto busy = now[core].busy;
    auto total = now[core].total;
    if (core < before.size() && before[core].total < total && before[core].busy <= busy) {
      busy -= before[core].busy;
      total -= before[core].total;
    }
    percentages.push_back(total == 0 ? 0.0 : 100.0 * static_cast<double>(busy) / static_cast<double>(total));
  }
  return percentages;
}

ProcessorStatistics ProcessorSampler::sample() {
  const auto stat = read_text_file(proc_ + "/stat");
  if (!stat) throw std::runtime_error(proc_ + "/stat can't be read");
  auto ticks = parse_cpu_ticks(*stat);

  ProcessorStatistics statistics;
  statistics.count = static_cast<std::int64_t>(ticks.size());
  statistics.percentages = busy_percentages(last_, ticks);
  last_ = std::move(ticks);

  const auto cpuinfo = read_text_file(proc_ + "/cpuinfo").value_or(std::string());
  statistics.model = cpuinfo_value(cpuinfo, "model name");
  const auto highest = read_text_file(sys_ + "/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
  statistics.mhz = highest ? number(*highest) / 1000 : number(cpuinfo_value(cpuinfo, "cpu MHz"));

  std::istringstream load(read_text_file(proc_ + "/loadavg").value_or(std::string()));
  for (double value = 0; statistics.load.size() < 3 && load >> value;) statistics.load.push_back(value);
  return statistics;
}

}  // namespace cattle::handlers
