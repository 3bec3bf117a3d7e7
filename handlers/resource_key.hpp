// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/route.hpp"

namespace cattle::handlers {

// What an event touches, for the routes (see ResourceKey). None of these throws; where the event doesn't say
// what it touches, the key is "<resourceType>:<resourceId>", and empty without these.

/// "instance:<uuid>", alias "container:<externalId>": the map events of compute.
[[nodiscard]] ResourceKey instance_key(const Event& event);

/// The instance's key for its root volume, else "volume:<name>".
[[nodiscard]] ResourceKey volume_key(const Event& event);

/// "image:<name>" of storage.image.activate and compute.instance.pull, in one form for one image.
[[nodiscard]] ResourceKey image_key(const Event& event);

/// "container:<docker id>" of force.stop; joins its instance's queue once an event has carried both.
[[nodiscard]] ResourceKey container_key(const Event& event);

/// "<resourceType>:<resourceId>".
[[nodiscard]] ResourceKey resource_key(const Event& event);

/// Touches nothing.
[[nodiscard]] ResourceKey no_key(const Event& event);

/// What people call the instance that instance_key and volume_key tell by its uuid; "" for other things.
[[nodiscard]] std::string instance_name(const Event& event);

}  // namespace cattle::handlers
