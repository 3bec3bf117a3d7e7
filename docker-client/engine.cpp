// SPDX-License-Identifier: Apache-2.0
#include "docker-client/engine.hpp"

#include "docker-client/engine_address.hpp"
#include "docker-client/negotiation.hpp"
#include "docker-client/types/decode.hpp"

#include <algorithm>

namespace cattle::docker {
namespace {

using Clock = std::chrono::steady_clock;
using TransportKind = http::TransportError::Kind;

ErrorKind kind_of(TransportKind kind) {
  switch (kind) {
    case TransportKind::cancelled:
      return ErrorKind::cancelled;
    case TransportKind::timeout:
    case TransportKind::idle:
      return ErrorKind::timeout;
    case TransportKind::other:
      return ErrorKind::bad_response;
    default:
      return ErrorKind::unavailable;
  }
}

Error translate(const http::TransportError& error, const Subject& subject) {
  const ErrorKind kind = kind_of(error.kind());
  std::string text = error.what();
  if (kind == ErrorKind::unavailable) text = "the Docker engine can't be reached or went away: " + text;
  return {kind, 0, subject.name.empty() ? subject.operation : subject.operation + " " + subject.name,
          std::move(text)};
}

/// The path, with the query as far as others may see it.
std::string shown_target(const EngineRequest& request) {
  const auto& query = request.shown_query ? *request.shown_query : request.query;
  return query.empty() ? request.path : request.path + "?" + query;
}

/// Reports one request to the observer, whichever way it ends.
class Observation {
 public:
  Observation(const EngineRequest& request, const Call& call) : request_(request), call_(call) {}
  ~Observation() = default;
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

  void end(int status) const {
    if (!call_.observer) return;
    CallRecord record;
    record.method = request_.method;
    record.path = shown_target(request_);
    record.status = status;
    record.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin_);
    call_.observer(record);
  }

 private:
  const EngineRequest& request_;
  const Call& call_;
  Clock::time_point begin_ = Clock::now();
};

std::string header_or_empty(const http::Response& response, const char* name) {
  const std::string* value = response.header(name);
  return value == nullptr ? std::string() : *value;
}

bool is_good(const http::Response& response) {
  return response.status >= 200 && response.status < 300;
}

std::optional<http::Response> rehearse(const EngineRequest& request, const http::StreamSink* sink,
                                       const Call& call) {
  if (!call.rehearse) return std::nullopt;
  auto answer = call.rehearse({request.method, shown_target(request), request.body});
  if (!answer) return std::nullopt;
  http::Response response;
  response.status = answer->status;
  response.body = std::move(answer->body);
  if (sink != nullptr && is_good(response)) sink->on_bytes(std::exchange(response.body, {}));
  return response;
}

}  // namespace

std::string make_query(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string query;
  for (const auto& [name, value] : pairs)
    query += (query.empty() ? "" : "&") + name + "=" + http::escape(value);
  return query;
}

Client::Engine::Engine(EngineOptions options)
    : options_(std::move(options)), http_(connection_of(options_)) {}

EngineRequest Client::Engine::request(const char* method, const char* path) const {
  EngineRequest request;
  request.method = method;
  request.path = path;
  request.subject.operation = request.method + " " + path;
  request.timeout = request.method == "GET" ? options_.quick_timeout : options_.change_timeout;
  return request;
}

EngineRequest Client::Engine::request(const char* method, const char* prefix, const std::string& name,
                                      const char* suffix) const {
  EngineRequest result = request(method, prefix);
  result.subject.operation += std::string("{id}") + suffix;
  if (name.empty()) throw Error(ErrorKind::engine, 0, result.subject.operation, "the id or name is empty");
  result.subject.name = name;
  result.path += http::escape(name) + suffix;
  return result;
}

http::Response Client::Engine::answer(const EngineRequest& request, const Call& call) {
  return exchange(request, nullptr, call);
}

http::Response Client::Engine::expect(const EngineRequest& request, const Call& call) {
  http::Response response = answer(request, call);
  if (!is_good(response)) refuse(request, response);
  return response;
}

nlohmann::json Client::Engine::document(const EngineRequest& request, const Call& call) {
  return parse(request.subject, expect(request, call).body);
}

std::optional<nlohmann::json> Client::Engine::find(const EngineRequest& request, const Call& call) {
  const http::Response response = answer(request, call);
  // Nobody's name is "/data" or "..": the engine tidies such a path and points to the other one.
  if (response.status == 404 || response.status == 301) return std::nullopt;
  if (!is_good(response)) refuse(request, response);
  return parse(request.subject, response.body);
}

http::Response Client::Engine::stream(const EngineRequest& request,
                                      const std::function<void(std::string_view)>& on_bytes,
                                      const std::function<void()>& on_tick, const Call& call) {
  const http::StreamSink sink{{}, on_bytes, on_tick};
  return exchange(request, &sink, call);
}

nlohmann::json Client::Engine::parse(const Subject& subject, const std::string& body) {
  auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_discarded()) return document;
  throw Error(ErrorKind::bad_response, 0, subject.operation,
              "the engine's answer is not JSON: " + body.substr(0, 100) + (body.size() > 100 ? "..." : ""));
}

void Client::Engine::refuse(const EngineRequest& request, const http::Response& response) {
  throw decode_error(request.subject, response.status, response.body);
}

http::Response Client::Engine::exchange(const EngineRequest& request, const http::StreamSink* sink,
                                        const Call& call) {
  if (auto pretended = rehearse(request, sink, call)) return *std::move(pretended);
  http::Response response = send_once(request, version_for(request, call), sink, call);
  if (!request.versioned || !is_version_refusal(response.status, response.body)) return response;
  // Another engine has taken this one's place; it did nothing, so that the same request may go out again.
  remember(nullptr);
  return send_once(request, version_for(request, call), sink, call);
}

http::Response Client::Engine::send_once(const EngineRequest& request, const std::string& version,
                                         const http::StreamSink* sink, const Call& call) {
  const Observation observation(request, call);
  try {
    const http::Request wired = wire(request, version, call);
    http::Response response =
        sink == nullptr ? http_.send(wired, call.stop) : http_.stream(wired, *sink, call.stop);
    observation.end(response.status);
    notice_replacement(response);
    return response;
  } catch (const http::TransportError& error) {
    observation.end(0);
    const Error translated = translate(error, request.subject);
    // Who comes back after an outage may be another version.
    if (translated.kind() == ErrorKind::unavailable) remember(nullptr);
    throw Error(translated);
  } catch (...) {
    observation.end(0);
    throw;
  }
}

http::Request Client::Engine::wire(const EngineRequest& request, const std::string& version,
                                   const Call& call) const {
  http::Request result;
  result.method = request.method;
  result.target = version.empty() ? request.path : "/v" + version + request.path;
  if (!request.query.empty()) result.target += "?" + request.query;
  result.headers = request.headers;
  result.body = request.body;
  result.body_file = request.body_file;
  result.content_type = request.content_type;
  result.timeout = request.timeout;
  result.idle_timeout = request.idle_timeout;
  if (call.deadline != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(call.deadline - Clock::now());
    if (left.count() <= 0)
      throw http::TransportError(TransportKind::timeout, "no time was left for the call");
    result.timeout = result.timeout.count() == 0 ? left : std::min(result.timeout, left);
  }
  return result;
}

std::string Client::Engine::version_for(const EngineRequest& request, const Call& call) {
  if (!request.versioned) return {};
  const auto current = known();
  return current ? current->version.used_api_version : ask_version(call).used_api_version;
}

std::shared_ptr<const Client::Engine::Known> Client::Engine::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

void Client::Engine::remember(std::shared_ptr<const Known> known) {
  const std::lock_guard lock(mutex_);
  known_.swap(known);
}

void Client::Engine::notice_replacement(const http::Response& response) {
  const auto current = known();
  if (!current) return;
  const std::string* api = response.header("api-version");
  const std::string* server = response.header("server");
  if (api == nullptr || server == nullptr) return;
  if (*api != current->api_header || *server != current->server_header) remember(nullptr);
}

Version Client::Engine::ask_version(const Call& call) {
  EngineRequest asked = request("GET", "/version");
  asked.versioned = false;
  const http::Response response = expect(asked, call);
  auto found = std::make_shared<Known>();
  found->version = decode_version(parse(asked.subject, response.body), asked.subject.operation);
  found->version.used_api_version = negotiate(found->version.api_version, found->version.min_api_version);
  found->api_header = header_or_empty(response, "api-version");
  found->server_header = header_or_empty(response, "server");
  remember(found);
  return found->version;
}

Version Client::Engine::known_version(const Call& call) {
  const auto current = known();
  return current ? current->version : ask_version(call);
}

}  // namespace cattle::docker
