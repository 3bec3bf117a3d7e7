// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/settings.hpp"
#include "lab/store.hpp"

namespace cattle::lab {

enum class Flavour : std::uint8_t { cattle, pasturestack };

/// Serialises rows the way both servers do for an event's `data`, nested as cattle-protocol 5.1 says and the
/// captures show: an activation carries image, volumes, nics, ports, links and host, a volume's event its
/// instance.
class EventData {
 public:
  EventData(Store& store, Flavour flavour) : store_(store), flavour_(flavour) {}

  [[nodiscard]] nlohmann::json image_map(const Row& map) const;     ///< {"imageStoragePoolMap": ...}
  [[nodiscard]] nlohmann::json volume_map(const Row& map) const;    ///< {"volumeStoragePoolMap": ...}
  [[nodiscard]] nlohmann::json instance_map(const Row& map) const;  ///< {"instanceHostMap": ...}

 private:
  [[nodiscard]] nlohmann::json plain(const Row& row) const;
  [[nodiscard]] nlohmann::json reference(const char* type, const nlohmann::json& id) const;
  [[nodiscard]] nlohmann::json bare_instance(const Row& row) const;
  [[nodiscard]] nlohmann::json image(const nlohmann::json& id, bool with_credential) const;
  [[nodiscard]] nlohmann::json volume(const Row& row) const;
  [[nodiscard]] nlohmann::json nic(const Row& row) const;
  [[nodiscard]] nlohmann::json pools_of(const Row& volume) const;

  Store& store_;
  Flavour flavour_;
};

}  // namespace cattle::lab
