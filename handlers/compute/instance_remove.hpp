// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/compute/container_removal.hpp"
#include "handlers/compute/instance_reply.hpp"
#include "handlers/context.hpp"
#include "handlers/route.hpp"

#include <optional>

namespace cattle::handlers {

/// compute.instance.remove (3.3): the container is gone afterwards. A no-op flag means nothing here, as
/// upstream.
class InstanceRemove {
 public:
  InstanceRemove(const ContainerRemoval& removal, const InstanceReply& reply)
      : removal_(removal), reply_(reply) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  const ContainerRemoval& removal_;
  const InstanceReply& reply_;
};

}  // namespace cattle::handlers
