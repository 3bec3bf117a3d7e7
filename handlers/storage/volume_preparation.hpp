// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/model/volume.hpp"
#include "handlers/storage/volume_plugin.hpp"

#include <map>
#include <string>
#include <vector>

namespace cattle::handlers {

/// Makes an instance's data volumes usable before its container is created (2.9, H65, H66).
/// To be called only when a container must be created, since it has effects (B29).
class VolumePreparation {
 public:
  VolumePreparation(const docker::Client& engine, const VolumePlugins& plugins)
      : engine_(engine), plugins_(plugins) {}

  /// `volumes` is Instance::data_volume_mounts. Returns SpecFacts::flex_mounts: flex volume name -> mount
  /// point. The first failure (docker::Error, OperationError, http::TransportError) is thrown and names the
  /// volume.
  [[nodiscard]] std::map<std::string, std::string> prepare(const std::vector<Volume>& volumes,
                                                           Context& context) const;

 private:
  const docker::Client& engine_;
  const VolumePlugins& plugins_;
};

}  // namespace cattle::handlers
