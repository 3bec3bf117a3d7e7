// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/volume_deactivate.hpp"

#include "handlers/storage/volume_reply.hpp"

namespace cattle::handlers {

std::optional<nlohmann::json> VolumeDeactivate::handle(const subscriber::Event& /*event*/,
                                                       Context& /*context*/) const {
  return volume_reply();
}

}  // namespace cattle::handlers
