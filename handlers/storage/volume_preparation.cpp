// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/volume_preparation.hpp"

#include "handlers/storage/volume_presence.hpp"

namespace cattle::handlers {

std::map<std::string, std::string> VolumePreparation::prepare(const std::vector<Volume>& volumes,
                                                              Context& context) const {
  std::map<std::string, std::string> flex_mounts;
  for (const auto& volume : volumes) {
    if (!is_managed(volume)) continue;
    const auto kind = plugins_.kind_of(volume.driver, volume.name, volume.driver_options, context);
    if (kind == DriverKind::flex) {
      plugins_.create(volume.driver, volume.name, volume.driver_options, context);
      plugins_.attach(volume.driver, volume.name, volume.driver_options, context);
      flex_mounts[volume.name] = plugins_.mount(volume.driver, volume.name, volume.driver_options, context);
      continue;
    }
    ensure_volume(engine_, volume, context.call);
    if (kind == DriverKind::attached)
      plugins_.attach(volume.driver, volume.name, volume.driver_options, context);
  }
  return flex_mounts;
}

}  // namespace cattle::handlers
