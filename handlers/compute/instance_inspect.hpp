// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/route.hpp"

#include <optional>

namespace cattle::handlers {

/// compute.instance.inspect (3.5): the inspect of a container by id, else by name; an empty object for one
/// that isn't there, which is no error (E10, H80). One call, or two when the id is not known to the engine.
class InstanceInspect {
 public:
  explicit InstanceInspect(const docker::Client& engine) : engine_(engine) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  const docker::Client& engine_;
};

}  // namespace cattle::handlers
