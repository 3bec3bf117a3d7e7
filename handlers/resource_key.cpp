// SPDX-License-Identifier: Apache-2.0
#include "handlers/resource_key.hpp"

#include "handlers/compute/instance_pull.hpp"
#include "handlers/json_fields.hpp"
#include "handlers/storage/image_pull.hpp"

namespace cattle::handlers {
namespace {

using nlohmann::json;

/// The member at the end of `path`; null when any step of it is missing or no object.
const json& at(const json& document, std::initializer_list<const char*> path) {
  static const json kNull;
  const json* here = &document;
  for (const char* key : path) {
    if (!here->is_object()) return kNull;
    const auto found = here->find(key);
    if (found == here->end()) return kNull;
    here = &*found;
  }
  return *here;
}

ResourceKey key_of_instance(const json& instance, const Event& event) {
  const auto uuid = text_or_empty(at(instance, {"uuid"}));
  const auto docker_id = text_or_empty(at(instance, {"externalId"}));
  const auto alias = docker_id.empty() ? std::string() : "container:" + docker_id;
  if (!uuid.empty()) return {"instance:" + uuid, alias};
  return alias.empty() ? resource_key(event) : ResourceKey{alias, {}};
}

bool is_root(const json& volume) {
  const auto& number = at(volume, {"deviceNumber"});
  return number.is_number() && number == 0;
}

}  // namespace

ResourceKey instance_key(const Event& event) {
  return key_of_instance(at(event.data, {"instanceHostMap", "instance"}), event);
}

ResourceKey volume_key(const Event& event) {
  const auto& volume = at(event.data, {"volumeStoragePoolMap", "volume"});
  if (is_root(volume) && at(volume, {"instance"}).is_object())
    return key_of_instance(at(volume, {"instance"}), event);
  const auto name = text_or_empty(at(volume, {"name"}));
  return name.empty() ? resource_key(event) : ResourceKey{"volume:" + name, {}};
}

ResourceKey image_key(const Event& event) {
  auto name = text_or_empty(at(event.data, {"imageStoragePoolMap", "image", "name"}));
  if (name.empty()) {
    const auto& image = at(event.data, {"instancePull", "image", "data", "dockerImage"});
    name = pulled_name(text_or_empty(at(image, {"server"})), text_or_empty(at(image, {"fullName"})));
  }
  return name.empty() ? resource_key(event) : ResourceKey{"image:" + canonical_image_name(name), {}};
}

ResourceKey container_key(const Event& event) {
  const auto id = text_or_empty(at(event.data, {"instanceForceStop", "id"}));
  return id.empty() ? resource_key(event) : ResourceKey{"container:" + id, {}};
}

ResourceKey resource_key(const Event& event) {
  if (!event.resource_type || !event.resource_id) return {};
  return {*event.resource_type + ":" + *event.resource_id, {}};
}

ResourceKey no_key(const Event& /*event*/) {
  return {};
}

std::string instance_name(const Event& event) {
  const auto& volume = at(event.data, {"volumeStoragePoolMap", "volume"});
  if (is_root(volume)) return text_or_empty(at(volume, {"instance", "name"}));
  return text_or_empty(at(event.data, {"instanceHostMap", "instance", "name"}));
}

}  // namespace cattle::handlers
