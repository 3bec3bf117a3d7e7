// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/compute/container_address.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/context.hpp"
#include "handlers/model/instance_reference.hpp"
#include "handlers/route.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace cattle::handlers {

/// Where the reply's `dockerIp` comes from.
enum class AddressRule : std::uint8_t {
  as_inspected,     ///< deactivate, remove.
  awaited,          ///< activate: a CNI container's is waited for, and its absence is an error.
  awaited_quietly,  ///< activate of a no-op event.
};

/// Makes the `data` of the replies to activate, deactivate and remove: how the instance's container stands
/// now (section 4; E3, E4, H86 to H91, R44 to R46, S43 to S47). The outer key is the event's resourceType.
class InstanceReply {
 public:
  /// `host_ip` is `dockerHostIp`, may be "". `lane` learns the storage driver from what is inspected here.
  InstanceReply(const docker::Client& engine, EngineLane& lane, std::function<std::string()> host_ip,
                AddressWaitOptions address)
      : engine_(engine), lane_(lane), host_ip_(std::move(host_ip)), address_(engine, std::move(address)) {}

  /// Nulls, and externalId only where the event has one, so that "" never replaces it.
  [[nodiscard]] nlohmann::json absent(const Event& event, const InstanceReference& instance) const;

  /// Asks the engine for what `match` lacks (inspect, list entry); at most one call each. Gone meanwhile:
  /// absent().
  [[nodiscard]] nlohmann::json present(const Event& event, const InstanceReference& instance,
                                       ContainerMatch match, AddressRule rule, const Context& context) const;

  /// Of a container that was just started or stopped: nothing read before counts.
  [[nodiscard]] nlohmann::json fresh(const Event& event, const InstanceReference& instance,
                                     const std::string& id, AddressRule rule, const Context& context) const;

 private:
  [[nodiscard]] std::string address(const docker::Container& container, AddressRule rule,
                                    const Context& context) const;

  const docker::Client& engine_;
  EngineLane& lane_;
  std::function<std::string()> host_ip_;
  AddressWait address_;
};

}  // namespace cattle::handlers
