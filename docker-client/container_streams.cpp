// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "docker-client/engine.hpp"
#include "docker-client/multiplexed_stream.hpp"
#include "docker-client/types/fields.hpp"

namespace cattle::docker {

std::int64_t Client::wait_container(const std::string& id, const Call& call) const {
  EngineRequest request = engine_->request("POST", "/containers/", id, "/wait");
  request.timeout = std::chrono::milliseconds(0);
  const nlohmann::json document = engine_->document(request, call);
  return Fields(document, request.subject.operation).integer("StatusCode");
}

void Client::container_logs(const std::string& id, bool follow,
                            const std::function<void(int stream, std::string_view)>& on_output,
                            const Call& call) const {
  EngineRequest request = engine_->request("GET", "/containers/", id, "/logs");
  request.timeout = std::chrono::milliseconds(0);
  request.query = follow ? "stdout=1&stderr=1&follow=1" : "stdout=1&stderr=1";
  // Only the container's configuration tells the two formats apart below API 1.42.
  const nlohmann::json inspected =
      engine_->document(engine_->request("GET", "/containers/", id, "/json"), call);
  const bool tty = Fields(inspected, request.subject.operation).object("Config").flag("Tty");
  MultiplexedStream stream(request.subject.operation, on_output);
  const auto on_bytes = [&](std::string_view bytes) { tty ? on_output(1, bytes) : stream.feed(bytes); };
  const http::Response response = engine_->stream(request, on_bytes, {}, call);
  if (response.status != 200) Engine::refuse(request, response);
  stream.finish();
}

}  // namespace cattle::docker
