// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/context.hpp"
#include "handlers/route.hpp"

#include <optional>

namespace cattle::handlers {

/// compute.instance.force.stop (3.4): stops by docker id what should not run. Never answered, whatever
/// happens: the server takes no reply (H77, H78).
class InstanceForceStop {
 public:
  InstanceForceStop(const docker::Client& engine, const AgentContainer& agent, EngineLane& lane)
      : engine_(engine), agent_(agent), lane_(lane) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  const docker::Client& engine_;
  const AgentContainer& agent_;
  EngineLane& lane_;
};

}  // namespace cattle::handlers
