// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/container_removal.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/errors.hpp"

namespace cattle::handlers {
namespace {

constexpr std::chrono::seconds kLongestRemoval{10};

}  // namespace

ContainerRemoval::Result ContainerRemoval::remove(const InstanceReference& instance, Context& context) const {
  auto match = find_container(engine_, instance, NameRule::counts, context.call);
  if (!match) return {};
  name_in_log(*match, context);
  if (agent_.is(match->id, match->names)) {
    context.log.warn("This is the agent's own container: it is not removed");
    return {Outcome::kept, std::move(match)};
  }
  if (match->inspected) lane_.learn(storage_driver(*match->inspected));
  const auto turn = lane_.take(context);
  const auto outcome = engine_.remove_container(match->id, {.force = true, .volumes = false}, context.call);
  if (outcome == docker::ContainerRemoveOutcome::in_progress) wait_until_gone(match->id, context);
  return {Outcome::removed, std::move(match)};
}

void ContainerRemoval::wait_until_gone(const std::string& id, const Context& context) const {
  const auto end = std::chrono::steady_clock::now() + kLongestRemoval;
  while (engine_.inspect_container(id, context.call).has_value()) {
    if (std::chrono::steady_clock::now() >= end || !wait_for(context.call, poll_)) {
      // The engine has promised to finish it, and the server has no use for an error here (R49).
      context.log.warn("The engine is still busy removing the container");
      return;
    }
  }
}

}  // namespace cattle::handlers
