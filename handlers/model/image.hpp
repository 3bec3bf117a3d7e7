// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"
#include "handlers/model/registry_credential.hpp"

#include <optional>
#include <string>

namespace cattle::handlers {

/// `image.data.fields.build`; the image is built when `context` or `remote` is set (5.6).
struct ImageBuild {
  std::string context;  ///< URL of a tar.
  std::string remote;   ///< Git or tar URL that the engine fetches.
  std::string dockerfile;
  std::string tag;
  bool no_cache = false;
  bool remove = true;
  bool force_remove = false;
};

/// How an image row of the server comes to the engine. What it is called, each event reads where it has it:
/// an instance in its settings, a pull task in `data.dockerImage`.
struct Image {
  std::optional<RegistryCredential> credential;
  std::optional<ImageBuild> build;
};

[[nodiscard]] Image decode_image(const JsonFields& image);

/// Cuts off the "docker:" that the server puts before an image's name.
[[nodiscard]] std::string without_docker_prefix(const std::string& image_uuid);

/// `imageStoragePoolMap`, what storage.image.activate carries.
struct ImageStoragePoolMap {
  Image image;
  std::string image_name;  ///< "<server>/<fullName>": "index.docker.io/nginx:latest", "quay.io/a/b:1". A
                           ///< leading "docker:" is cut off.
  bool no_op = false;      ///< `image.processData.containerNoOpEvent` is true.
};

/// `data` is the event's. A missing map is a RequestError.
[[nodiscard]] ImageStoragePoolMap decode_image_storage_pool_map(const nlohmann::json& data);

}  // namespace cattle::handlers
