// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/volume_presence.hpp"

#include "handlers/errors.hpp"

namespace cattle::handlers {
namespace {
constexpr const char* kMoved = "moved";
}  // namespace

VolumePresence volume_presence(const docker::Client& engine, const std::string& name,
                               const docker::Call& call) {
  const auto volume = engine.inspect_volume(name, call);
  if (!volume) return VolumePresence::absent;
  return volume->mountpoint == kMoved ? VolumePresence::moved : VolumePresence::active;
}

void ensure_volume(const docker::Client& engine, const Volume& volume, const docker::Call& call) {
  const auto presence = volume_presence(engine, volume.name, call);
  if (presence == VolumePresence::active) return;
  if (presence == VolumePresence::moved &&
      engine.remove_volume(volume.name, call) == docker::RemoveOutcome::in_use) {
    throw OperationError("volume " + volume.name +
                         " has moved to another host, but a container here still uses it");
  }
  // The engine answers with what it has now, which is the confirming look.
  const auto created = engine.create_volume(volume.name, volume.driver, volume.driver_options, call);
  if (created.mountpoint == kMoved) {
    throw OperationError("volume " + volume.name + " is not activated: driver " + volume.driver +
                         " still reports it on another host");
  }
}

bool is_managed(const Volume& volume) {
  return !volume.driver.empty() && !volume.name.empty();
}

}  // namespace cattle::handlers
