// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/host_statistics.hpp"

#include "handlers/host/disk_statistics.hpp"
#include "handlers/host/iops.hpp"
#include "handlers/host/memory_statistics.hpp"
#include "handlers/host/text_file.hpp"

#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <utility>

namespace cattle::handlers {
namespace {

constexpr std::int64_t kBytesPerMebibyte = 1 << 20;

/// Devices of devicemapper's pool belong to containers: "docker-253:0-123-pool" stands before
/// "docker-253:0-123-<id>".
std::string pool_device_prefix(const EngineFacts& engine) {
  const auto pool = engine.storage_driver_status.find("Pool Name");
  if (engine.storage_driver != "devicemapper" || pool == engine.storage_driver_status.end()) return {};
  const auto cut = pool->second.rfind("pool");
  return cut == std::string::npos ? pool->second : pool->second.substr(0, cut);
}

/// Each part is optional by design: one that fails must not cost the ping, which is the host's sign of life
/// (H104).
void attempt(const char* part, EventLog& log, const std::function<void()>& collect) {
  try {
    collect();
  } catch (const std::exception& error) {
    log.warn(std::string("host statistics: ") + part + " left out: " + error.what());
  }
}

}  // namespace

HostStatistics::HostStatistics(HostStatisticsSources sources, std::chrono::milliseconds share_for)
    : sources_(std::move(sources)),
      share_for_(share_for),
      processors_(sources_.proc, sources_.sys),
      key_(sources_.host_key_file) {}

std::shared_ptr<const HostReport> HostStatistics::collect(const std::optional<EngineFacts>& engine,
                                                          std::chrono::milliseconds key_patience,
                                                          EventLog& log) {
  const std::lock_guard lock(mutex_);
  if (last_ && std::chrono::steady_clock::now() - collected_at_ < share_for_) return last_;
  const auto report = std::make_shared<HostReport>();
  report->info = nlohmann::json::object();
  attempt("cpuInfo", log, [&] { add_processor(*report); });
  attempt("memoryInfo", log, [&] { add_memory(*report); });
  attempt("diskInfo", log, [&] { add_disks(*report, engine); });
  attempt("osInfo", log, [&] { add_system(*report, engine); });
  attempt("iopsInfo", log, [&] { add_iops(*report); });
  attempt("cloudProvider", log, [&] { add_cloud_provider(*report); });
  attempt("hostKey", log, [&] { add_host_key(*report, key_patience); });
  last_ = report;
  collected_at_ = std::chrono::steady_clock::now();
  return report;
}

void HostStatistics::add_processor(HostReport& report) {
  const auto statistics = processors_.sample();
  auto& info = report.info["cpuInfo"];
  info = {
      {"count", statistics.count}, {"mhz", statistics.mhz}, {"cpuCoresPercentages", statistics.percentages}};
  if (!statistics.model.empty()) info["modelName"] = statistics.model;
  if (!statistics.load.empty()) info["loadAvg"] = statistics.load;
  report.cpus = statistics.count;
}

void HostStatistics::add_memory(HostReport& report) const {
  const auto text = read_text_file(sources_.proc + "/meminfo");
  if (!text) throw std::runtime_error(sources_.proc + "/meminfo can't be read");
  const auto memory = parse_meminfo(*text);
  // Swap under both spellings: the Go agent's and the Python agent's are read by different consoles.
  report.info["memoryInfo"] = {
      {"memTotal", memory.total},     {"memFree", memory.free},           {"memAvailable", memory.available},
      {"buffers", memory.buffers},    {"cached", memory.cached},          {"active", memory.active},
      {"inactive", memory.inactive},  {"swapCached", memory.swap_cached}, {"swaptotal", memory.swap_total},
      {"swapfree", memory.swap_free}, {"swapTotal", memory.swap_total},   {"swapFree", memory.swap_free}};
  report.memory_bytes = memory.total * kBytesPerMebibyte;
}

void HostStatistics::add_disks(HostReport& report, const std::optional<EngineFacts>& engine) const {
  const auto pool_prefix = engine ? pool_device_prefix(*engine) : std::string();
  auto file_systems = nlohmann::json::object();
  auto mount_points = nlohmann::json::object();
  for (const auto& [device, usage] : mounted_disks(sources_.proc, sources_.etc)) {
    mount_points[device] = {{"free", usage.free},
                            {"total", usage.total},
                            {"used", usage.used},
                            {"percentage", usage.percentage},
                            {"percentUsed", usage.percentage}};
    const bool of_pool =
        !pool_prefix.empty() && std::filesystem::path(device).filename().string().starts_with(pool_prefix);
    if (!of_pool) file_systems[device] = {{"capacity", usage.total}};
  }
  auto& info = report.info["diskInfo"];
  info = {{"fileSystems", std::move(file_systems)}, {"mountPoints", std::move(mount_points)}};
  if (!engine) return;
  info["dockerStorageDriver"] = engine->storage_driver;
  info["dockerStorageDriverStatus"] = engine->storage_driver_status;
}

void HostStatistics::add_system(HostReport& report, const std::optional<EngineFacts>& engine) const {
  // The server merges the top level only: half of this would wipe out what it knows of the engine.
  if (!engine) return;
  // The console compares this text with its list of supported engines (S52).
  report.info["osInfo"] = {
      {"dockerVersion", "Docker version " + engine->version + ", build " + engine->git_commit},
      {"operatingSystem", engine->operating_system},
      {"kernelVersion", kernel_version(sources_.proc)}};
}

void HostStatistics::add_iops(HostReport& report) const {
  auto& info = report.info["iopsInfo"];
  info = nlohmann::json::object();
  for (const auto& [device, iops] : read_iops(sources_.iops_dir)) {
    info[device] = {{"read", iops.read}, {"write", iops.write}};
  }
}

void HostStatistics::add_cloud_provider(HostReport& report) const {
  auto& info = report.info["cloudProvider"];
  info = nlohmann::json::object();
  if (sources_.cloud_file.empty()) return;
  constexpr std::string_view kPrefix = "io.rancher.host.";
  for (const auto& [label, value] : read_cloud_labels(sources_.cloud_file)) {
    if (label.starts_with(kPrefix)) info[label.substr(kPrefix.size())] = value;
  }
}

void HostStatistics::add_host_key(HostReport& report, std::chrono::milliseconds patience) {
  if (sources_.host_key_file.empty()) return;
  if (auto pem = key_.public_pem(patience)) report.info["hostKey"] = {{"data", std::move(*pem)}};
}

}  // namespace cattle::handlers
