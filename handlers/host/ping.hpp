// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/client.hpp"
#include "handlers/compute/container_changes.hpp"
#include "handlers/context.hpp"
#include "handlers/host/cloud_provider.hpp"
#include "handlers/host/engine_facts.hpp"
#include "handlers/host/host_address.hpp"
#include "handlers/host/host_labels.hpp"
#include "handlers/host/host_statistics.hpp"
#include "handlers/options.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace cattle::handlers {

struct PingTimes {
  /// What a ping spends in all on an engine, a key or a resolver that is silent; never more than 0.8 of the
  /// event's time.
  std::chrono::milliseconds all{1'800};
  std::chrono::milliseconds host_key{1'000};
  std::chrono::milliseconds address{300};
  int lists = 3;  ///< So often containers are listed, when each list is overlapped by a change of them.
  std::chrono::milliseconds between_lists{200};
};

/// ping (6): the host's sign of life, and on request what it is and what runs on it. Answers in time whatever
/// the engine does: what can't be had is left out, and an incomplete list of instances is never called
/// complete (H106, R36). Safe to call from several threads.
class Ping {
 public:
  Ping(const HostOptions& options, const docker::Client& engine, const ContainerChanges& changes,
       PingTimes times = {});

  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context);

 private:
  struct Wanted;
  void add_host(nlohmann::json& resources, bool with_statistics, const docker::Call& call, EventLog& log);
  [[nodiscard]] nlohmann::json host_resource(const std::optional<EngineFacts>& engine, bool with_statistics,
                                             const docker::Call& call, EventLog& log);
  void add_capacity(nlohmann::json& host, const std::optional<EngineFacts>& engine,
                    const HostReport* report) const;
  /// False when the engine didn't give the list in time, or containers were changed while it did.
  [[nodiscard]] bool add_instances(nlohmann::json& resources, const docker::Call& call, EventLog& log) const;

  const HostOptions& options_;
  const docker::Client& engine_;
  const ContainerChanges& changes_;
  PingTimes times_;
  HostLabelSources label_sources_;
  EngineFactsCache engine_facts_;
  HostAddress address_;
  HostStatistics statistics_;
};

/// `<state dir>/info.json`, or empty when the detection of the cloud provider is switched off.
[[nodiscard]] std::string cloud_file(const HostOptions& options);

}  // namespace cattle::handlers
