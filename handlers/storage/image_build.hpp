// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/model/image.hpp"
#include "handlers/storage/build_context.hpp"

#include <functional>
#include <string>

namespace cattle::handlers {

/// Builds an image from the URL of a tar, which we fetch and hand over, or from a remote that the engine
/// fetches (5.6, H101).
class ImageBuilder {
 public:
  ImageBuilder(const docker::Client& engine, std::string build_dir, BuildContextLimits limits = {})
      : engine_(engine), build_dir_(std::move(build_dir)), limits_(limits) {}

  /// `image` is the tag unless the build names one. `on_text` gets each line of output that isn't blank.
  /// Throws OperationError with the image's name and the engine's text; cancelled by `call.stop`.
  void build(const ImageBuild& build, const std::string& image,
             const std::function<void(std::string)>& on_text, const docker::Call& call) const;

 private:
  const docker::Client& engine_;
  std::string build_dir_;
  BuildContextLimits limits_;
};

/// What the engine is to fetch: GitHub has no `git@` for everybody and no `git://` any more, so these become
/// https.
[[nodiscard]] std::string build_remote(const std::string& remote);

}  // namespace cattle::handlers
