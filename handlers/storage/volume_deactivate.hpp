// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "handlers/context.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace cattle::handlers {

/// storage.volume.deactivate: nothing is to be done on the host, the answer is what counts (H96).
class VolumeDeactivate {
 public:
  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;
};

}  // namespace cattle::handlers
