// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/image_activate.hpp"

#include "handlers/errors.hpp"
#include "handlers/model/image.hpp"
#include "handlers/model/process_data.hpp"

namespace cattle::handlers {
namespace {

ImageSource source_of(const ImageStoragePoolMap& map) {
  ImageSource source;
  source.name = map.image_name;
  if (map.image.credential) source.auth = registry_auth(*map.image.credential);
  source.build = map.image.build;
  return source;
}

}  // namespace

std::optional<nlohmann::json> ImageActivate::handle(const Event& event, Context& context) const {
  const auto map = decode_image_storage_pool_map(event.data);
  const nlohmann::json reply = {{"imageStoragePoolMap", nlohmann::json::object()}};
  if (map.no_op || decode_process_data(event.data).no_op) return reply;
  if (map.image_name.empty())
    throw RequestError("data.imageStoragePoolMap.image.name: expected the name of an image");
  if (engine_.inspect_image(map.image_name, context.call)) return reply;
  pulls_.fetch(source_of(map), context, event.received);
  if (!engine_.inspect_image(map.image_name, context.call)) {
    throw OperationError("failed to activate image " + map.image_name +
                         ": it is not there after its pull or build");
  }
  return reply;
}

}  // namespace cattle::handlers
