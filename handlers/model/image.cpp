// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/image.hpp"

#include "handlers/model/process_data.hpp"

#include <string_view>

namespace cattle::handlers {
namespace {

std::optional<ImageBuild> decode_build(const JsonFields& build) {
  ImageBuild decoded;
  decoded.context = build.text("context");
  decoded.remote = build.text("remote");
  if (decoded.context.empty() && decoded.remote.empty()) return std::nullopt;
  decoded.dockerfile = build.text("dockerfile");
  decoded.tag = build.text("tag");
  decoded.no_cache = build.flag("nocache");
  decoded.force_remove = build.flag("forcerm");
  return decoded;
}

}  // namespace

std::string without_docker_prefix(const std::string& image_uuid) {
  constexpr std::string_view kPrefix = "docker:";
  return image_uuid.starts_with(kPrefix) ? image_uuid.substr(kPrefix.size()) : image_uuid;
}

Image decode_image(const JsonFields& image) {
  Image decoded;
  if (image.has("registryCredential")) {
    decoded.credential = decode_registry_credential(image.object("registryCredential"));
  }
  decoded.build = decode_build(image.object("data").object("fields").object("build"));
  return decoded;
}

ImageStoragePoolMap decode_image_storage_pool_map(const nlohmann::json& data) {
  const JsonFields event(data, "data");
  if (!event.has("imageStoragePoolMap")) event.fail("imageStoragePoolMap", "an object");
  const JsonFields map = event.object("imageStoragePoolMap");
  if (!map.has("image")) map.fail("image", "an object");
  const JsonFields image = map.object("image");
  return {decode_image(image), without_docker_prefix(image.text("name")),
          decode_process_data(image.document()).no_op};
}

}  // namespace cattle::handlers
