// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/client.hpp"
#include "handlers/compute/container_removal.hpp"
#include "handlers/context.hpp"
#include "handlers/model/volume.hpp"
#include "handlers/storage/volume_plugin.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

namespace cattle::handlers {

/// storage.volume.remove (5.4). A root volume is its instance's container: in the field this is how
/// containers are removed (E1). Anything else that Docker or a flex driver keeps is deleted, host directories
/// never (H100). Sent several times, also beside itself (E12), so that what is gone already is a success.
class VolumeRemove {
 public:
  VolumeRemove(const docker::Client& engine, const VolumePlugins& plugins, const ContainerRemoval& containers,
               std::chrono::milliseconds retry_interval = std::chrono::seconds(1))
      : engine_(engine), plugins_(plugins), containers_(containers), retry_interval_(retry_interval) {}

  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;

 private:
  void remove_flex(const Volume& volume, Context& context) const;
  void remove_root(const Volume& volume, Context& context) const;
  void remove_managed(const Volume& volume, Context& context) const;

  const docker::Client& engine_;
  const VolumePlugins& plugins_;
  const ContainerRemoval& containers_;
  std::chrono::milliseconds retry_interval_;
};

}  // namespace cattle::handlers
