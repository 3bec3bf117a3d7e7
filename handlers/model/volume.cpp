// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/volume.hpp"

namespace cattle::handlers {

Volume decode_volume(const JsonFields& volume) {
  Volume decoded;
  decoded.id = volume.scalar_text("id");
  decoded.name = volume.text("name");
  decoded.device_number = volume.optional_integer("deviceNumber");
  const JsonFields fields = volume.object("data").object("fields");
  decoded.driver = fields.text("driver");
  decoded.driver_options = fields.text_map("driverOpts").value_or(std::map<std::string, std::string>{});
  decoded.is_host_path = fields.flag("isHostPath");
  if (volume.has("instance")) decoded.instance = decode_instance_reference(volume.object("instance"));
  return decoded;
}

StoragePool decode_storage_pool(const JsonFields& pool) {
  return {pool.scalar_text("id"), pool.text("name"), pool.text("uuid"), pool.text("kind"),
          pool.text("driverName")};
}

VolumeStoragePoolMap decode_volume_storage_pool_map(const nlohmann::json& data) {
  const JsonFields event(data, "data");
  if (!event.has("volumeStoragePoolMap")) event.fail("volumeStoragePoolMap", "an object");
  const JsonFields map = event.object("volumeStoragePoolMap");
  if (!map.has("volume")) map.fail("volume", "an object");
  return {decode_volume(map.object("volume")), decode_storage_pool(map.object("storagePool"))};
}

}  // namespace cattle::handlers
