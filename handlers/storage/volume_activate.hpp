// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/storage/volume_plugin.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace cattle::handlers {

/// storage.volume.activate (5.3): a managed volume exists afterwards; root and unmanaged ones are left alone
/// (R51, H94).
class VolumeActivate {
 public:
  VolumeActivate(const docker::Client& engine, const VolumePlugins& plugins)
      : engine_(engine), plugins_(plugins) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;

 private:
  const docker::Client& engine_;
  const VolumePlugins& plugins_;
};

}  // namespace cattle::handlers
