// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/core.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace cattle::lab {

// What the methods of Server look up on the server's thread. All throw std::out_of_range for an unknown id.

inline Row& row_at(Core& core, const std::string& type, const std::string& id) {
  const auto number = plain_id(id);
  if (!number) throw std::out_of_range("no id: " + id);
  return core.store.at(type, *number);
}

inline std::int64_t agent_number(const std::string& id) {
  if (const auto number = plain_id(id)) return *number;
  throw std::out_of_range("no agent: " + id);
}

/// Visits the subscriptions of one agent, or all of them.
inline void visit(Core& core, const std::string& agent, const std::function<void(Listener&)>& action) {
  const auto wanted = agent.empty() ? std::nullopt : std::optional(agent_number(agent));
  core.bus.for_each(0, [&](Listener& listener) {
    if (!wanted || listener.audience().agent == wanted) action(listener);
  });
}

inline std::size_t live(Core& core, const std::string& agent) {
  std::size_t count = 0;
  visit(core, agent, [&count](Listener& listener) { count += listener.frozen() ? 0U : 1U; });
  return count;
}

}  // namespace cattle::lab
