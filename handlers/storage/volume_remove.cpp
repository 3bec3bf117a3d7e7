// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/volume_remove.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/storage/volume_presence.hpp"
#include "handlers/storage/volume_reply.hpp"

namespace cattle::handlers {
namespace {
constexpr int kAttempts = 3;
}  // namespace

std::optional<nlohmann::json> VolumeRemove::handle(const subscriber::Event& event, Context& context) const {
  const auto volume = decode_volume_storage_pool_map(event.data).volume;
  const bool flex =
      !volume.name.empty() && plugins_.is_rancher_driver(volume.driver) &&
      plugins_.kind_of(volume.driver, volume.name, volume.driver_options, context) == DriverKind::flex;
  if (flex) {
    remove_flex(volume, context);
  } else if (volume.is_root()) {
    remove_root(volume, context);
  } else if (is_managed(volume)) {
    remove_managed(volume, context);
  }
  return volume_reply();
}

void VolumeRemove::remove_flex(const Volume& volume, Context& context) const {
  // Docker may have come to know it by way of somebody's hand-made container; then Docker asks the driver
  // itself.
  if (!engine_.inspect_volume(volume.name, context.call)) {
    plugins_.remove(volume.driver, volume.name, context);
    return;
  }
  if (engine_.remove_volume(volume.name, context.call) == docker::RemoveOutcome::in_use) {
    context.log.warn("volume " + volume.name + " of driver " + volume.driver +
                     " stays: a container still uses it");
  }
}

void VolumeRemove::remove_root(const Volume& volume, Context& context) const {
  // Without an instance there is no container to find, hence nothing left to remove.
  if (volume.instance) static_cast<void>(containers_.remove(*volume.instance, context));
}

void VolumeRemove::remove_managed(const Volume& volume, Context& context) const {
  // A moved volume is only a note here; deleting it could reach the data that another host now uses.
  if (volume_presence(engine_, volume.name, context.call) != VolumePresence::active) return;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    if (attempt > 1 && !wait_for(context.call, retry_interval_)) break;
    // Whatever else the engine says, a driver's "Should retry" included, goes to the server at once (H99).
    if (engine_.remove_volume(volume.name, context.call) != docker::RemoveOutcome::in_use) return;
  }
  context.log.warn("volume " + volume.name + " stays: a container still uses it");
}

}  // namespace cattle::handlers
