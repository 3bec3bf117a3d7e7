// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/compute/instance_reply.hpp"
#include "handlers/context.hpp"
#include "handlers/model/instance_reference.hpp"
#include "handlers/route.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace cattle::handlers {

/// compute.instance.deactivate (3.2): the container is stopped afterwards, killed if it takes longer than its
/// time or the event's (R48). Not found or stopped already is a success.
class InstanceDeactivate {
 public:
  struct Timing {
    std::chrono::seconds reply_time{8};  ///< Of the event's time, kept for kill, look and reply.
    std::chrono::milliseconds poll{100};
    std::chrono::milliseconds kill{5'000};  ///< A killed container is given so long to be gone.
  };

  InstanceDeactivate(const docker::Client& engine, const AgentContainer& agent, const InstanceReply& reply,
                     EngineLane& lane, Timing timing)
      : engine_(engine), agent_(agent), reply_(reply), lane_(lane), timing_(timing) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  [[nodiscard]] std::chrono::seconds grace(std::chrono::seconds wanted, const Event& event) const;
  void stop(const std::string& id, std::chrono::seconds wanted, const Event& event, Context& context) const;
  /// The stopped container, or nullopt when it is gone. Kills it if it still runs.
  [[nodiscard]] std::optional<docker::Container> confirm(const std::string& id,
                                                         const InstanceReference& instance,
                                                         Context& context) const;

  const docker::Client& engine_;
  const AgentContainer& agent_;
  const InstanceReply& reply_;
  EngineLane& lane_;
  Timing timing_;
};

}  // namespace cattle::handlers
