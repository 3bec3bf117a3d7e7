// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"
#include "docker-client/engine.hpp"
#include "docker-client/message_stream.hpp"
#include "docker-client/registry_auth.hpp"

#include <stdexcept>

namespace cattle::docker {
namespace {

// The engine's progress is for people: a member of another type than expected is left out, never a failure.

const nlohmann::json* member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::int64_t number_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* value = member(object, key);
  return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

StreamMessage decode_message(const nlohmann::json& document) {
  StreamMessage message;
  message.id = text_of(document, "id");
  message.status = text_of(document, "status");
  message.text = text_of(document, "stream");
  const nlohmann::json* detail = member(document, "progressDetail");
  if (detail != nullptr && detail->is_object()) {
    message.current = number_of(*detail, "current");
    message.total = number_of(*detail, "total");
  }
  return message;
}

/// Newer engines leave the flat `error` out of the stream.
std::string error_of(const nlohmann::json& document) {
  std::string text = text_of(document, "error");
  const nlohmann::json* detail = member(document, "errorDetail");
  if (text.empty() && detail != nullptr && detail->is_object()) text = text_of(*detail, "message");
  return text;
}

constexpr int kStreamStatus = 200;

using DecodeFailure = std::function<Error(int status, const std::string& message)>;

/// Sends `request` and feeds its stream to the callbacks. `failure` makes an error of what the engine says.
template <typename Engine>
void follow(Engine& engine, const EngineRequest& request, const StreamCallbacks& callbacks,
            const DecodeFailure& failure, const Call& call) {
  MessageStream stream(request.subject.operation, [&](const nlohmann::json& document) {
    const std::string error = error_of(document);
    if (!error.empty()) throw failure(kStreamStatus, error);
    if (callbacks.on_message) callbacks.on_message(decode_message(document));
  });
  const http::Response response = engine.stream(
      request, [&stream](std::string_view bytes) { stream.feed(bytes); }, callbacks.on_tick, call);
  if (response.status != kStreamStatus)
    throw failure(response.status, message_of(response.status, response.body));
  stream.finish();
}

/// A build's remote without what only its owner may know: user and password before the host, and the query,
/// which may be a token.
std::string shown_remote(std::string remote) {
  if (const auto query = remote.find('?'); query != std::string::npos)
    remote.replace(query, std::string::npos, "?xxxxx");
  const auto scheme = remote.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const auto at = remote.rfind('@');
  if (at != std::string::npos && at >= begin) remote.replace(begin, at - begin, "xxxxx");
  return remote;
}

const char* flag(bool value) {
  return value ? "1" : "0";
}

}  // namespace

void Client::pull_image(const ImageReference& reference, const std::optional<RegistryAuth>& auth,
                        const StreamCallbacks& callbacks, const Call& call) const {
  EngineRequest request = engine_->request("POST", "/images/create");
  if (reference.repository.empty()) {
    throw Error(ErrorKind::engine, 0, request.subject.operation, "the image's name is empty");
  }
  // Without a tag the engine would fetch every one there is.
  const std::string tag = reference.tag.empty() ? "latest" : reference.tag;
  request.subject.name = reference.repository + (reference.is_digest ? "@" : ":") + tag;
  request.query = make_query({{"fromImage", reference.repository}, {"tag", tag}});
  if (auth) request.headers.emplace_back("X-Registry-Auth", encode_registry_auth(*auth));
  request.timeout = std::chrono::milliseconds(0);
  request.idle_timeout = engine_->options().stream_idle;
  const auto failure = [&request](int status, const std::string& message) {
    return decode_registry_error(request.subject, status, message);
  };
  follow(*engine_, request, callbacks, failure, call);
}

void Client::build_image(const BuildOptions& options, const StreamCallbacks& callbacks,
                         const Call& call) const {
  EngineRequest request = engine_->request("POST", "/build");
  request.subject.name = options.tag;
  std::vector<std::pair<std::string, std::string>> query;
  if (!options.tag.empty()) query.emplace_back("t", options.tag);
  if (!options.dockerfile.empty()) query.emplace_back("dockerfile", options.dockerfile);
  query.emplace_back("nocache", flag(options.no_cache));
  query.emplace_back("rm", flag(options.remove));
  query.emplace_back("forcerm", flag(options.force_remove));
  auto shown = query;
  if (!options.remote.empty()) {
    query.emplace_back("remote", options.remote);
    shown.emplace_back("remote", shown_remote(options.remote));
  }
  request.query = make_query(query);
  request.shown_query = make_query(shown);
  request.body_file = options.remote.empty() ? options.context_file : std::string();
  request.content_type = "application/x-tar";
  request.timeout = std::chrono::milliseconds(0);
  request.idle_timeout = engine_->options().build_idle;
  const auto failure = [&request](int status, const std::string& message) {
    return decode_error(request.subject, status, message);
  };
  follow(*engine_, request, callbacks, failure, call);
}

}  // namespace cattle::docker
