// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "docker-client/engine.hpp"
#include "docker-client/types/decode.hpp"

namespace cattle::docker {
namespace {

std::string filters_text(const ContainerFilters& filters) {
  auto document = nlohmann::json::object();
  if (!filters.ids.empty()) document["id"] = filters.ids;
  if (!filters.names.empty()) document["name"] = filters.names;
  if (!filters.labels.empty()) document["label"] = filters.labels;
  if (!filters.statuses.empty()) document["status"] = filters.statuses;
  return document.empty() ? std::string() : document.dump();
}

}  // namespace

std::vector<ContainerSummary> Client::list_containers(const ContainerFilters& filters,
                                                      const Call& call) const {
  EngineRequest request = engine_->request("GET", "/containers/json");
  std::vector<std::pair<std::string, std::string>> query;
  if (filters.all) query.emplace_back("all", "1");
  const std::string text = filters_text(filters);
  if (!text.empty()) query.emplace_back("filters", text);
  request.query = make_query(query);
  nlohmann::json document = engine_->document(request, call);
  if (!document.is_array()) {
    throw Error(ErrorKind::bad_response, 0, request.subject.operation,
                "the engine's list of containers is no list");
  }
  std::vector<ContainerSummary> containers;
  containers.reserve(document.size());
  for (auto& entry : document)
    containers.push_back(decode_container_summary(std::move(entry), request.subject.operation));
  return containers;
}

std::optional<Container> Client::inspect_container(const std::string& id, const Call& call) const {
  const EngineRequest request = engine_->request("GET", "/containers/", id, "/json");
  auto document = engine_->find(request, call);
  if (!document) return std::nullopt;
  return decode_container(std::move(*document), request.subject.operation);
}

CreatedContainer Client::create_container(const std::string& name, const nlohmann::json& body,
                                          const Call& call) const {
  EngineRequest request = engine_->request("POST", "/containers/create");
  if (!name.empty()) request.query = make_query({{"name", name}});
  request.subject.name = name;
  request.body = body.dump();
  return decode_created_container(engine_->document(request, call), request.subject.operation);
}

StartOutcome Client::start_container(const std::string& id, const Call& call) const {
  const EngineRequest request = engine_->request("POST", "/containers/", id, "/start");
  const http::Response response = engine_->answer(request, call);
  if (response.status == 304) return StartOutcome::already_started;
  if (response.status != 204 && response.status != 200) Engine::refuse(request, response);
  return StartOutcome::started;
}

StopOutcome Client::stop_container(const std::string& id, std::chrono::seconds timeout,
                                   const Call& call) const {
  EngineRequest request = engine_->request("POST", "/containers/", id, "/stop");
  request.query = make_query({{"t", std::to_string(timeout.count())}});
  // A negative grace time is the engine's word for "wait for ever".
  request.timeout =
      timeout.count() < 0 ? std::chrono::milliseconds(0) : engine_->options().quick_timeout + timeout;
  const http::Response response = engine_->answer(request, call);
  if (response.status == 304) return StopOutcome::already_stopped;
  if (response.status == 404) return StopOutcome::absent;
  if (response.status != 204 && response.status != 200) Engine::refuse(request, response);
  return StopOutcome::stopped;
}

KillOutcome Client::kill_container(const std::string& id, const std::string& signal, const Call& call) const {
  EngineRequest request = engine_->request("POST", "/containers/", id, "/kill");
  if (!signal.empty()) request.query = make_query({{"signal", signal}});
  const http::Response response = engine_->answer(request, call);
  if (response.status == 404) return KillOutcome::absent;
  if (is_not_running(response.status, response.body)) return KillOutcome::not_running;
  if (response.status != 204 && response.status != 200) Engine::refuse(request, response);
  return KillOutcome::killed;
}

ContainerRemoveOutcome Client::remove_container(const std::string& id, const RemoveContainerOptions& options,
                                                const Call& call) const {
  EngineRequest request = engine_->request("DELETE", "/containers/", id);
  std::vector<std::pair<std::string, std::string>> query;
  if (options.force) query.emplace_back("force", "1");
  if (options.volumes) query.emplace_back("v", "1");
  request.query = make_query(query);
  const http::Response response = engine_->answer(request, call);
  if (response.status == 404) return ContainerRemoveOutcome::absent;
  if (response.status == 409 && is_removal_in_progress(response.body))
    return ContainerRemoveOutcome::in_progress;
  if (response.status != 204 && response.status != 200) Engine::refuse(request, response);
  return ContainerRemoveOutcome::removed;
}

void Client::rename_container(const std::string& id, const std::string& new_name, const Call& call) const {
  EngineRequest request = engine_->request("POST", "/containers/", id, "/rename");
  if (new_name.empty()) throw Error(ErrorKind::engine, 0, request.subject.operation, "the new name is empty");
  request.query = make_query({{"name", new_name}});
  static_cast<void>(engine_->expect(request, call));
}

void Client::update_container(const std::string& id, const nlohmann::json& body, const Call& call) const {
  EngineRequest request = engine_->request("POST", "/containers/", id, "/update");
  request.body = body.dump();
  static_cast<void>(engine_->expect(request, call));
}

}  // namespace cattle::docker
