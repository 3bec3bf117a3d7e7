// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "docker-client/engine.hpp"
#include "docker-client/types/decode.hpp"
#include "docker-client/types/fields.hpp"

namespace cattle::docker {

std::vector<Volume> Client::list_volumes(const Call& call) const {
  const EngineRequest request = engine_->request("GET", "/volumes");
  const nlohmann::json document = engine_->document(request, call);
  std::vector<Volume> volumes;
  for (const auto& entry : Fields(document, request.subject.operation).array("Volumes")) {
    volumes.push_back(decode_volume(entry, request.subject.operation));
  }
  return volumes;
}

std::optional<Volume> Client::inspect_volume(const std::string& name, const Call& call) const {
  const EngineRequest request = engine_->request("GET", "/volumes/", name);
  auto document = engine_->find(request, call);
  if (!document) return std::nullopt;
  return decode_volume(std::move(*document), request.subject.operation);
}

Volume Client::create_volume(const std::string& name, const std::string& driver,
                             const std::map<std::string, std::string>& driver_options,
                             const Call& call) const {
  EngineRequest request = engine_->request("POST", "/volumes/create");
  if (name.empty())
    throw Error(ErrorKind::engine, 0, request.subject.operation, "the volume's name is empty");
  request.subject.name = name;
  nlohmann::json body{{"Name", name}};
  if (!driver.empty()) body["Driver"] = driver;
  if (!driver_options.empty()) body["DriverOpts"] = driver_options;
  request.body = body.dump();
  return decode_volume(engine_->document(request, call), request.subject.operation);
}

RemoveOutcome Client::remove_volume(const std::string& name, const Call& call) const {
  const EngineRequest request = engine_->request("DELETE", "/volumes/", name);
  const http::Response response = engine_->answer(request, call);
  if (response.status == 404) return RemoveOutcome::absent;
  if (response.status == 409) return RemoveOutcome::in_use;
  if (response.status != 204 && response.status != 200) Engine::refuse(request, response);
  return RemoveOutcome::removed;
}

}  // namespace cattle::docker
