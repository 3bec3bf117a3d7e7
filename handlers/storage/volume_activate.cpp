// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/volume_activate.hpp"

#include "handlers/errors.hpp"
#include "handlers/model/volume.hpp"
#include "handlers/storage/volume_presence.hpp"
#include "handlers/storage/volume_reply.hpp"

namespace cattle::handlers {

nlohmann::json volume_reply() {
  return {{"volumeStoragePoolMap", {{"volume", {{"format", "docker"}}}}}};
}

std::optional<nlohmann::json> VolumeActivate::handle(const subscriber::Event& event, Context& context) const {
  const auto volume = decode_volume_storage_pool_map(event.data).volume;
  // The server's root volumes have no name and no driver; the number alone says nothing (R51, H95).
  if (volume.is_root() && !is_managed(volume)) return volume_reply();
  if (volume.name.empty() && plugins_.is_rancher_driver(volume.driver)) {
    throw RequestError("data.volumeStoragePoolMap.volume.name: expected the name of a volume of driver " +
                       volume.driver);
  }
  if (!is_managed(volume)) return volume_reply();

  if (plugins_.kind_of(volume.driver, volume.name, volume.driver_options, context) == DriverKind::flex) {
    plugins_.create(volume.driver, volume.name, volume.driver_options, context);
  } else {
    ensure_volume(engine_, volume, context.call);
  }
  return volume_reply();
}

}  // namespace cattle::handlers
