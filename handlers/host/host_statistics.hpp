// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/context.hpp"
#include "handlers/host/engine_facts.hpp"
#include "handlers/host/host_key.hpp"
#include "handlers/host/host_labels.hpp"
#include "handlers/host/processor_statistics.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace cattle::handlers {

struct HostStatisticsSources {
  std::string proc;
  std::string sys;
  std::string etc;
  std::string iops_dir;
  std::string host_key_file;  ///< Empty: none is made, none reported.
  std::string cloud_file;     ///< As in HostLabelSources.
};

/// One look at the host.
struct HostReport {
  nlohmann::json info;  ///< `host.info` of a ping (6.5), an object without a null member (R35).
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> cpus;
};

/// Collects what a `stats` ping reports, straight from /proc, /sys and what is known of the engine. A part
/// that can't be had is left out with a warning, so that the server keeps what it was told before. Safe to
/// share between threads: who comes while a collection runs, or within `share_for` of its end, gets that one
/// (H112).
class HostStatistics {
 public:
  explicit HostStatistics(HostStatisticsSources sources,
                          std::chrono::milliseconds share_for = std::chrono::seconds(1));

  /// `key_patience`: how long to wait for a host key that has to be made first.
  [[nodiscard]] std::shared_ptr<const HostReport> collect(const std::optional<EngineFacts>& engine,
                                                          std::chrono::milliseconds key_patience,
                                                          EventLog& log);

 private:
  void add_processor(HostReport& report);
  void add_memory(HostReport& report) const;
  void add_disks(HostReport& report, const std::optional<EngineFacts>& engine) const;
  void add_system(HostReport& report, const std::optional<EngineFacts>& engine) const;
  void add_iops(HostReport& report) const;
  void add_cloud_provider(HostReport& report) const;
  void add_host_key(HostReport& report, std::chrono::milliseconds patience);

  HostStatisticsSources sources_;
  std::chrono::milliseconds share_for_;
  std::mutex mutex_;
  ProcessorSampler processors_;
  HostKey key_;
  std::shared_ptr<const HostReport> last_;  // shared with the pings that still write their reply from it
  std::chrono::steady_clock::time_point collected_at_;
};

}  // namespace cattle::handlers
