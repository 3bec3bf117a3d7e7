// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/context.hpp"
#include "handlers/model/instance_reference.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace cattle::handlers {

/// Takes an instance's container away. Both events that do so use this one: compute.instance.remove and
/// storage.volume.remove of a root volume (E1).
class ContainerRemoval {
 public:
  enum class Outcome : std::uint8_t {
    removed,  ///< Gone from the engine, by us or by somebody who was at it already (R49).
    absent,   ///< There was none.
    kept      ///< It is the agent's own container: untouched, a warning was logged (S20).
  };
  struct Result {
    Outcome outcome = Outcome::absent;
    std::optional<ContainerMatch> match;  ///< What was found.
  };

  ContainerRemoval(const docker::Client& engine, const AgentContainer& agent, EngineLane& lane,
                   std::chrono::milliseconds poll = std::chrono::milliseconds(200))
      : engine_(engine), agent_(agent), lane_(lane), poll_(poll) {}

  /// Named and anonymous volumes stay: the server removes those itself. Throws docker::Error when the engine
  /// refuses.
  [[nodiscard]] Result remove(const InstanceReference& instance, Context& context) const;

 private:
  void wait_until_gone(const std::string& id, const Context& context) const;

  const docker::Client& engine_;
  const AgentContainer& agent_;
  EngineLane& lane_;
  std::chrono::milliseconds poll_;
};

}  // namespace cattle::handlers
