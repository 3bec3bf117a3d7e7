// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_force_stop.hpp"

#include "handlers/compute/container_lookup.hpp"
#include "handlers/json_fields.hpp"

#include <chrono>
#include <string>

namespace cattle::handlers {
namespace {

constexpr std::chrono::seconds kGrace{10};

}  // namespace

std::optional<nlohmann::json> InstanceForceStop::handle(const Event& event, Context& context) const {
  const auto id = JsonFields(event.data, "data").object("instanceForceStop").text("id");
  if (id.empty()) {
    context.log.warn("data.instanceForceStop.id is missing: nothing is stopped");
    return std::nullopt;
  }
  context.log.container(id);  // Said even when it is gone.
  const auto container = engine_.inspect_container(id, context.call);
  if (!container) return std::nullopt;
  name_in_log(container->id, container->name, context);
  if (agent_.is(container->id, {container->name})) {
    context.log.warn("This is the agent's own container: it is not stopped");
    return std::nullopt;
  }
  lane_.learn(storage_driver(*container));
  const auto turn = lane_.take(context, ContainerChanges::Effect::stops);
  (void)engine_.stop_container(container->id, kGrace, context.call);
  return std::nullopt;
}

}  // namespace cattle::handlers
