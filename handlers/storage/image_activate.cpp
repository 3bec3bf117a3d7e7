// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/image_activate.hpp"

#include "handlers/errors.hpp"
#include "handlers/model/image.hpp"
#include "handlers/model/process_data.hpp"

namespace cattle::handlers {
namespace {

ImageSource source_of(const Image& image) {
  ImageSource source;
  source.name = image.name;
  if (image.credential) source.auth = registry_auth(*image.credential);
  source.build = image.build;
  return source;
}

}  // namespace

std::optional<nlohmann::json> ImageActivate::handle(const Event& event, Context& context) const {
  const auto image = decode_image_storage_pool_map(event.data).image;
  const nlohmann::json reply = {{"imageStoragePoolMap", nlohmann::json::object()}};
  if (image.no_op || decode_process_data(event.data).no_op) return reply;
  if (image.name.empty())
    throw RequestError("data.imageStoragePoolMap.image.name: expected the name of an image");
  if (engine_.inspect_image(image.name, context.call)) return reply;
  pulls_.fetch(source_of(image), context);
  if (!engine_.inspect_image(image.name, context.call)) {
    throw OperationError("failed to activate image " + image.name +
                         ": it is not there after its pull or build");
  }
  return reply;
}

}  // namespace cattle::handlers
