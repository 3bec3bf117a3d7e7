// SPDX-License-Identifier: Apache-2.0
#include "agent/router.hpp"

#include <stdexcept>
#include <utility>

namespace cattle::agent {

Router::Router(std::vector<handlers::Route> routes) : routes_(std::move(routes)) {
  for (const auto& route : routes_) {
    if (!by_name_.emplace(route.name, &route).second) throw std::logic_error("two routes for " + route.name);
  }
}

const handlers::Route* Router::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::string> Router::event_names() const {
  std::vector<std::string> names;
  names.reserve(routes_.size());
  for (const auto& route : routes_) names.push_back(route.name);
  return names;
}

}  // namespace cattle::agent
