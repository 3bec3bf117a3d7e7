// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"
#include "handlers/errors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace cattle::handlers {
namespace {

// Zero means "not set" for each of these, and isn't sent: engines on cgroup v2 refuse or grumble at some that
// are.
constexpr std::array kNumbers = std::to_array<FieldName>({
    {"cpuPeriod", "CpuPeriod"},
    {"cpuQuota", "CpuQuota"},
    {"cpuRealtimePeriod", "CpuRealtimePeriod"},
    {"cpuRealtimeRuntime", "CpuRealtimeRuntime"},
    {"memory", "Memory"},
    {"memorySwap", "MemorySwap"},
    {"oomScoreAdj", "OomScoreAdj"},
    {"shmSize", "ShmSize"},
    {"pidsLimit", "PidsLimit"},
});

/// The shipped scheduling: an instance that asks for nothing gets the smallest share, not the engine's 1024
/// (H36).
void add_cpu_shares(SpecDraft& draft) {
  std::int64_t shares = draft.settings.integer("cpuShares");
  if (const std::int64_t milli = draft.instance.milli_cpu_reservation; milli != 0) {
    if (milli < 0 || milli > std::numeric_limits<std::int64_t>::max() / 1024) {
      throw RequestError(draft.instance.path + ".milliCpuReservation: expected a number of milli-CPUs");
    }
    shares = milli * 1024 / 1000;
  }
  draft.host_config["CpuShares"] = std::max<std::int64_t>(shares, 2);
}

/// Engines of API 1.41 and newer refuse less than 6 MiB; the server's users may have set less long ago (S48).
void add_memory_reservation(SpecDraft& draft) {
  constexpr std::int64_t kSmallest = std::int64_t{6} * 1024 * 1024;
  std::int64_t bytes = draft.instance.memory_reservation;
  if (bytes == 0) return;
  if (bytes > 0 && bytes < kSmallest && draft.engine_at_least("1.41")) {
    draft.warnings.push_back(draft.instance.path +
                             ".memoryReservation is raised to 6 MiB, the least that the engine takes");
    bytes = kSmallest;
  }
  draft.host_config["MemoryReservation"] = bytes;
}

void add_kernel_memory(SpecDraft& draft) {
  const std::int64_t bytes = draft.settings.integer("kernelMemory");
  if (bytes == 0) return;
  if (draft.engine_at_least("1.42")) {
    draft.warnings.push_back(draft.settings.path_of("kernelMemory") +
                             " has no effect: engines dropped it with API 1.42");
    return;
  }
  draft.host_config["KernelMemory"] = bytes;
}

/// 20.10 (API 1.41) dropped a field that no storage driver on Linux had ever read.
void add_disk_quota(SpecDraft& draft) {
  const std::int64_t bytes = draft.settings.integer("diskQuota");
  if (bytes == 0) return;
  if (draft.engine_at_least("1.41")) {
    draft.warnings.push_back(draft.settings.path_of("diskQuota") +
                             " has no effect: engines dropped it with API 1.41");
    return;
  }
  draft.host_config["DiskQuota"] = bytes;
}

void add_ulimits(SpecDraft& draft) {
  for (const JsonFields& limit : draft.settings.objects("ulimits")) {
    draft.host_config["Ulimits"].push_back(
        {{"Name", limit.text("name")}, {"Hard", limit.integer("hard")}, {"Soft", limit.integer("soft")}});
  }
}

}  // namespace

void add_resources(SpecDraft& draft) {
  const JsonFields& settings = draft.settings;
  for (const auto& [field, docker] : kNumbers) {
    if (const auto number = settings.integer(field); number != 0) draft.host_config[docker] = number;
  }
  if (std::string cpus = settings.text("cpuSet"); !cpus.empty())
    draft.host_config["CpusetCpus"] = std::move(cpus);
  if (std::string nodes = settings.text("cpuSetMems"); !nodes.empty())
    draft.host_config["CpusetMems"] = std::move(nodes);
  if (const auto swappiness = settings.optional_integer("memorySwappiness")) {
    draft.host_config["MemorySwappiness"] = *swappiness;
  }
  if (const auto disable = settings.optional_flag("oomKillDisable"))
    draft.host_config["OomKillDisable"] = *disable;
  add_cpu_shares(draft);
  add_memory_reservation(draft);
  add_kernel_memory(draft);
  add_disk_quota(draft);
  add_ulimits(draft);
}

}  // namespace cattle::handlers
