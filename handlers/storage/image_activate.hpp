// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/route.hpp"
#include "handlers/storage/image_pull.hpp"

#include <optional>

namespace cattle::handlers {

/// storage.image.activate (5.1, H92, R50): the image is present afterwards, pulled or built if it was not.
class ImageActivate {
 public:
  ImageActivate(const docker::Client& engine, ImagePulls& pulls) : engine_(engine), pulls_(pulls) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  const docker::Client& engine_;
  ImagePulls& pulls_;
};

}  // namespace cattle::handlers
