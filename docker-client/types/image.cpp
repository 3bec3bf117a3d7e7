// SPDX-License-Identifier: Apache-2.0
#include "docker-client/types/image.hpp"

#include "docker-client/types/decode.hpp"
#include "docker-client/types/fields.hpp"

#include <utility>

namespace cattle::docker {

Image decode_image(nlohmann::json document, const std::string& operation) {
  const Fields fields(document, operation);
  const Fields config = fields.object("Config");
  Image image;
  image.id = fields.text("Id");
  image.repo_tags = fields.texts("RepoTags");
  image.cmd = config.texts("Cmd");
  image.entrypoint = config.texts("Entrypoint");
  image.exposed_ports = config.keys("ExposedPorts");
  image.raw = std::move(document);
  return image;
}

ImageReference parse_image_reference(const std::string& name) {
  ImageReference reference;
  reference.repository = name.substr(0, name.find('@'));
  const bool has_digest = reference.repository.size() < name.size();
  // A colon before the last slash belongs to the registry's port.
  const auto slash = reference.repository.rfind('/');
  const auto colon = reference.repository.find(':', slash == std::string::npos ? 0 : slash);
  if (colon != std::string::npos) {
    reference.tag = reference.repository.substr(colon + 1);
    reference.repository.resize(colon);
  }
  if (has_digest) reference.tag = name.substr(name.find('@') + 1);
  if (reference.tag.empty()) reference.tag = "latest";
  reference.is_digest = has_digest;
  return reference;
}

}  // namespace cattle::docker
