// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/instance.hpp"

namespace cattle::handlers {
namespace {

/// The map and the instance in it, or a RequestError.
JsonFields instance_host_map(const nlohmann::json& data) {
  const JsonFields event(data, "data");
  if (!event.has("instanceHostMap")) event.fail("instanceHostMap", "an object");
  JsonFields map = event.object("instanceHostMap");
  if (!map.has("instance")) map.fail("instance", "an object");
  return map;
}

std::vector<Volume> decode_data_volume_mounts(const JsonFields& instance) {
  std::vector<Volume> volumes;
  for (const JsonFields& volume : instance.objects("volumesFromDataVolumeMounts")) {
    volumes.push_back(decode_volume(volume));
  }
  return volumes;
}

/// The image by its name where one can be read: a text to be shown must not fail what it tells of.
std::string shown_image_name(const nlohmann::json& instance) {
  const auto* value = &instance;
  for (const auto* key : {"data", "fields", "imageUuid"}) {
    if (!value->is_object()) return {};
    const auto found = value->find(key);
    if (found == value->end()) return {};
    value = &*found;
  }
  return without_docker_prefix(text_or_empty(*value));
}

}  // namespace

InstanceReference decode_instance_reference(const JsonFields& instance) {
  InstanceReference reference;
  reference.id = instance.scalar_text("id");
  reference.uuid = instance.text("uuid");
  reference.name = instance.text("name");
  reference.external_id = instance.text("externalId");
  return reference;
}

Instance decode_instance(const JsonFields& instance) {
  Instance decoded;
  decoded.path = instance.path();
  decoded.reference = decode_instance_reference(instance);
  decoded.native = instance.flag("nativeContainer");
  decoded.hostname = instance.text("hostname");
  if (const auto agent_id = instance.integer("agentId"); agent_id != 0) decoded.agent_id = agent_id;
  decoded.system = instance.flag("system");
  decoded.system_container = instance.text("systemContainer");
  decoded.memory_reservation = instance.integer("memoryReservation");
  decoded.milli_cpu_reservation = instance.integer("milliCpuReservation");
  decoded.image = decode_image(instance.object("image"));
  decoded.ports = decode_ports(instance);
  decoded.nics = decode_nics(instance);
  decoded.links = decode_links(instance);
  if (instance.has("networkContainer")) {
    decoded.network_container = decode_instance_reference(instance.object("networkContainer"));
  }
  for (const JsonFields& other : instance.objects("dataVolumesFromContainers")) {
    decoded.volumes_from.push_back(decode_instance_reference(other));
  }
  decoded.data_volume_mounts = decode_data_volume_mounts(instance);
  decoded.labels = instance.text_map("labels").value_or(std::map<std::string, std::string>{});
  const JsonFields data = instance.object("data");
  if (decoded.agent_id) decoded.ipsec = data.object("ipsec").document();
  decoded.fields = data.object("fields").document();
  return decoded;
}

JsonFields Instance::settings() const {
  return {fields, path + ".data.fields"};
}

std::string Instance::image_name() const {
  return without_docker_prefix(settings().text("imageUuid"));
}

std::string Instance::label(const std::string& key) const {
  return settings().object("labels").scalar_text(key);
}

InstanceHostMap decode_instance_host_map(const nlohmann::json& data) {
  const JsonFields map = instance_host_map(data);
  InstanceHostMap decoded{decode_instance(map.object("instance")), {}};
  if (!decoded.instance.ipsec.empty()) decoded.host_id = map.object("host").scalar_text("id");
  return decoded;
}

InstanceStart decode_instance_start(const nlohmann::json& data) {
  const JsonFields instance = instance_host_map(data).object("instance");
  return {shown_image_name(instance.document()), decode_data_volume_mounts(instance)};
}

InstanceReference decode_instance_host_map_reference(const nlohmann::json& data) {
  return decode_instance_reference(instance_host_map(data).object("instance"));
}

}  // namespace cattle::handlers
