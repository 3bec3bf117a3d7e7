// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "docker-client/engine.hpp"
#include "docker-client/types/decode.hpp"

namespace cattle::docker {

std::vector<nlohmann::json> Client::list_images(const Call& call) const {
  const EngineRequest request = engine_->request("GET", "/images/json");
  nlohmann::json document = engine_->document(request, call);
  if (!document.is_array()) {
    throw Error(ErrorKind::bad_response, 0, request.subject.operation,
                "the engine's list of images is no list");
  }
  std::vector<nlohmann::json> images;
  images.reserve(document.size());
  for (auto& entry : document) images.push_back(std::move(entry));
  return images;
}

std::optional<Image> Client::inspect_image(const std::string& name, const Call& call) const {
  const EngineRequest request = engine_->request("GET", "/images/", name, "/json");
  auto document = engine_->find(request, call);
  if (!document) return std::nullopt;
  return decode_image(std::move(*document), request.subject.operation);
}

void Client::tag_image(const std::string& name, const std::string& repository, const std::string& tag,
                       const Call& call) const {
  EngineRequest request = engine_->request("POST", "/images/", name, "/tag");
  request.query = make_query({{"repo", repository}, {"tag", tag}});
  static_cast<void>(engine_->expect(request, call));
}

RemoveOutcome Client::remove_image(const std::string& name, bool force, bool no_prune,
                                   const Call& call) const {
  EngineRequest request = engine_->request("DELETE", "/images/", name);
  std::vector<std::pair<std::string, std::string>> query;
  if (force) query.emplace_back("force", "1");
  if (no_prune) query.emplace_back("noprune", "1");
  request.query = make_query(query);
  const http::Response response = engine_->answer(request, call);
  if (response.status == 404) return RemoveOutcome::absent;
  if (response.status == 409) return RemoveOutcome::in_use;
  if (response.status != 200) Engine::refuse(request, response);
  return RemoveOutcome::removed;
}

}  // namespace cattle::docker
