// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/model/volume.hpp"

namespace cattle::handlers {

/// Docker knows the volume and it is usable here. A `Mountpoint` of "moved" is a stale note of a volume that
/// now lives on another host (python-agent: plugins/docker/storage.py).
enum class VolumePresence : std::uint8_t { absent, moved, active };

[[nodiscard]] VolumePresence volume_presence(const docker::Client& engine, const std::string& name,
                                             const docker::Call& call);

/// Creates the volume with its driver and options unless it is active; a moved one is deleted first (B2).
/// Throws docker::Error, or OperationError when it is not usable afterwards.
void ensure_volume(const docker::Client& engine, const Volume& volume, const docker::Call& call);

/// Docker is to keep this volume: it has a driver and a name. All else is left alone.
[[nodiscard]] bool is_managed(const Volume& volume);

}  // namespace cattle::handlers
