// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "docker-client/engine.hpp"
#include "docker-client/message_stream.hpp"
#include "docker-client/types/decode.hpp"

namespace cattle::docker {

Version Client::version(const Call& call) const {
  return engine_->ask_version(call);
}

Version Client::known_version(const Call& call) const {
  return engine_->known_version(call);
}

Info Client::info(const Call& call) const {
  const EngineRequest request = engine_->request("GET", "/info");
  return decode_info(engine_->document(request, call), request.subject.operation);
}

void Client::ping(const Call& call) const {
  EngineRequest request = engine_->request("GET", "/_ping");
  request.versioned = false;
  static_cast<void>(engine_->expect(request, call));
}

void Client::events(const std::string& filters, std::optional<std::int64_t> since,
                    const std::function<void(const EngineEvent&)>& on_event, const Call& call) const {
  EngineRequest request = engine_->request("GET", "/events");
  request.timeout = std::chrono::milliseconds(0);
  std::vector<std::pair<std::string, std::string>> query;
  if (!filters.empty()) query.emplace_back("filters", filters);
  if (since) query.emplace_back("since", std::to_string(*since));
  request.query = make_query(query);
  const std::string& operation = request.subject.operation;
  MessageStream stream(operation,
                       [&](const nlohmann::json& message) { on_event(decode_event(message, operation)); });
  try {
    const http::Response response = engine_->stream(
        request, [&stream](std::string_view bytes) { stream.feed(bytes); }, {}, call);
    if (response.status != 200) Engine::refuse(request, response);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) return;
    throw;
  }
  // The stream has no end of its own: an engine that closes it is going down.
  throw Error(ErrorKind::unavailable, 0, operation, "the engine closed the stream of events");
}

}  // namespace cattle::docker
