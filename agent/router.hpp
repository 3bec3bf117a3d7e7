// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/route.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::agent {

/// Exact look-up in the one table of routes. Immutable after construction.
class Router {
 public:
  explicit Router(std::vector<handlers::Route> routes);

  /// nullptr when nobody handles events of that name; else it lives as long as the router.
  [[nodiscard]] const handlers::Route* find(std::string_view name) const;
  /// What is subscribed to, in the table's order.
  [[nodiscard]] std::vector<std::string> event_names() const;

 private:
  std::vector<handlers::Route> routes_;
  std::map<std::string, const handlers::Route*, std::less<>> by_name_;
};

}  // namespace cattle::agent
