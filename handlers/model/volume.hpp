// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"
#include "handlers/model/instance_reference.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cattle::handlers {

/// A volume row of the server.
struct Volume {
  std::string id;  ///< Of the row, as text.
  std::string name;
  /// 0 is the root volume of an instance, -1 a data volume; null or missing is neither (B45).
  std::optional<std::int64_t> device_number;
  std::string driver;  ///< `data.fields.driver`.
  std::map<std::string, std::string>
      driver_options;  ///< `data.fields.driverOpts`; may hold secrets, never log it.
  bool is_host_path = false;
  std::optional<InstanceReference> instance;

  [[nodiscard]] bool is_root() const { return device_number == 0; }
};

[[nodiscard]] Volume decode_volume(const JsonFields& volume);

struct StoragePool {
  std::string id;
  std::string name;
  std::string uuid;
  std::string kind;
  std::string driver_name;
};

[[nodiscard]] StoragePool decode_storage_pool(const JsonFields& pool);

/// `volumeStoragePoolMap`, what the volume events carry.
struct VolumeStoragePoolMap {
  Volume volume;
  StoragePool storage_pool;
};

/// `data` is the event's. A missing map is a RequestError.
[[nodiscard]] VolumeStoragePoolMap decode_volume_storage_pool_map(const nlohmann::json& data);

}  // namespace cattle::handlers
