// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_deactivate.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/errors.hpp"
#include "handlers/model/instance.hpp"
#include "handlers/model/process_data.hpp"

#include <algorithm>
#include <utility>

namespace cattle::handlers {

std::optional<nlohmann::json> InstanceDeactivate::handle(const Event& event, Context& context) const {
  const auto process = decode_process_data(event.data);
  const auto instance = decode_instance_host_map_reference(event.data);
  auto match = find_container(engine_, instance, NameRule::counts, context.call);
  if (!match) return reply_.absent(event, instance);
  name_in_log(*match, context);
  const bool protected_one = agent_.is(match->id, match->names);
  if (protected_one) context.log.warn("This is the agent's own container: it is not stopped");
  if (process.no_op || protected_one || !match->running) {
    return reply_.present(event, instance, std::move(*match), AddressRule::as_inspected, context);
  }
  if (match->inspected) lane_.learn(storage_driver(*match->inspected));
  const auto turn = lane_.take(context, ContainerChanges::Effect::stops);
  stop(match->id, process.stop_timeout, event, context);
  ContainerMatch stopped;
  stopped.id = match->id;
  stopped.inspected = confirm(match->id, instance, context);
  if (!stopped.inspected) return reply_.absent(event, instance);
  return reply_.present(event, instance, std::move(stopped), AddressRule::as_inspected, context);
}

/// What the event's time leaves of the wanted grace time.
std::chrono::seconds InstanceDeactivate::grace(std::chrono::seconds wanted, const Event& event) const {
  const auto end = event.received + event.timeout;
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(end - std::chrono::steady_clock::now());
  // However late it is, a container that was meant to end by itself gets a chance to.
  return std::min(wanted, std::max(left - timing_.reply_time, std::chrono::seconds(1)));
}

void InstanceDeactivate::stop(const std::string& id, std::chrono::seconds wanted, const Event& event,
                              Context& context) const {
  try {
    (void)engine_.stop_container(id, grace(wanted, event), context.call);
  } catch (const docker::Error& error) {
    if (error.kind() == docker::ErrorKind::unavailable || error.kind() == docker::ErrorKind::cancelled) throw;
    // The look that follows decides, and kills what still runs.
    context.log.warn(std::string("Stop failed: ") + error.what());
  }
}

std::optional<docker::Container> InstanceDeactivate::confirm(const std::string& id,
                                                             const InstanceReference& instance,
                                                             Context& context) const {
  auto container = engine_.inspect_container(id, context.call);
  if (!container || !container->running) return container;
  (void)engine_.kill_container(id, "KILL", context.call);
  const auto end = std::chrono::steady_clock::now() + timing_.kill;
  while (true) {
    container = engine_.inspect_container(id, context.call);
    if (!container || !container->running) return container;
    if (std::chrono::steady_clock::now() >= end || !wait_for(context.call, timing_.poll)) break;
  }
  throw OperationError("Failed to stop container " + (instance.uuid.empty() ? id : instance.uuid));
}

}  // namespace cattle::handlers
