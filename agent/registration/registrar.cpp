// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/registrar.hpp"

#include "agent/registration/api_root.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/registration_url.hpp"
#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr std::chrono::seconds kRegistrationLimit{300};
constexpr std::chrono::milliseconds kFirstPoll{10};
constexpr std::chrono::milliseconds kMostPoll{2'000};

/// A field of the record, or of its data.fields, where one of the servers puts it (S32).
std::string field_of(const json& record, const char* name) {
  auto value = text_of(record, name);
  if (!value.empty() || !record.is_object()) return value;
  const auto data = record.find("data");
  if (data == record.end() || !data->is_object()) return {};
  const auto fields = data->find("fields");
  return fields == data->end() ? std::string() : text_of(*fields, name);
}

/// A server that restarts, or a proxy in front of it, says so for a while; the token and the record stay what
/// they are.
bool is_passing(int status) {
  constexpr int kTooMany = 429;
  constexpr int kServerErrors = 500;
  return status == kTooMany || status >= kServerErrors;
}

json parsed(const Answer& answer, const std::string& what) {
  if (answer.status == 401 || answer.status == 403) {
    throw Failure(Outcome::token_refused, "the server refuses the registration token (status " +
                                              std::to_string(answer.status) + " for " + what + ")");
  }
  if (answer.status < 200 || answer.status > 299) {
    throw Failure(Outcome::registration_failed,
                  "the server answered " + std::to_string(answer.status) + " to " + what);
  }
  auto document = json::parse(answer.body, nullptr, false);
  if (document.is_discarded())
    throw Failure(Outcome::registration_failed, "the server's answer to " + what + " is not JSON");
  return document;
}

/// The answer to one step of registering, nullopt when it has to be asked for again; `trouble` says why then.
template <typename Call>
std::optional<json> step_of(const std::string& what, std::string& trouble, Call call) {
  try {
    const Answer answer = call();
    trouble.clear();
    if (!is_passing(answer.status)) return parsed(answer, what);
    trouble = "it answered " + std::to_string(answer.status) + " to " + what;
  } catch (const http::TransportError& error) {
    if (error.kind() == http::TransportError::Kind::tls) throw Failure(Outcome::tls, error.what());
    trouble = error.what();
  }
  return std::nullopt;
}

/// The register object in a list, or null.
json record_in(const json& list) {
  const auto data = list.find("data");
  if (data == list.end() || !data->is_array() || data->empty()) return nullptr;
  return data->front();
}

std::optional<Credentials> credentials_in(const json& record) {
  if (text_of(record, "transitioning") == "error" || text_of(record, "state") == "error") {
    const auto message = text_of(record, "transitioningMessage");
    throw Failure(Outcome::registration_failed,
                  "the server could not register this host: " +
                      (message.empty() ? std::string("no reason given") : message));
  }
  if (text_of(record, "state") != "active" || text_of(record, "transitioning") == "yes") return std::nullopt;
  Credentials credentials;
  credentials.access_key = field_of(record, "accessKey");
  credentials.secret_key = subscriber::Secret(field_of(record, "secretKey"));
  if (credentials.access_key.empty() || credentials.secret_key.empty()) return std::nullopt;
  return credentials;
}

Credentials register_key(const Server& server, const std::string& root, const Script& script,
                         const std::string& key, const Waiting& waiting) {
  const auto collection = root + "/register";
  const auto mine = collection + "?key=" + http::escape(key);
  const Login login{script.access_key, subscriber::Secret(script.secret_key)};
  const auto limit = waiting.now() + kRegistrationLimit;
  std::string trouble;
  bool posted = false;
  for (auto step = kFirstPoll;; step = std::min(step * 2, kMostPoll)) {
    const auto list = step_of("GET register", trouble, [&] { return server.get(mine, login); });
    const auto record = list ? record_in(*list) : json();
    if (!record.is_null()) {
      if (auto credentials = credentials_in(record)) return *credentials;
    } else if (list && !posted) {
      // One whose answer was lost may have made the record all the same: looked for before it is repeated.
      posted = step_of("POST register", trouble, [&] {
                 return server.post(collection, login, json{{"key", key}});
               }).has_value();
    }
    if (waiting.now() >= limit || !waiting.pause(step)) {
      throw Failure(Outcome::too_long, "the server did not finish the registration within 300 s" +
                                           (trouble.empty() ? trouble : "; the last trouble: " + trouble));
    }
  }
}

std::string agent_url(const Script& script, const Request& request, const std::string& registration_url) {
  const auto url =
      request.url_override.empty() ? with_origin_of(script.url, registration_url) : request.url_override;
  const auto expected = api_root(registration_url);
  const auto actual = api_root(url);
  if (expected && expected->ends_with("/v1") && actual != expected) {
    throw Failure(Outcome::url_mismatch,
                  "the registration URL belongs to " + *expected + " but the agent would be told to use " +
                      url +
                      "; set the server's Host Registration URL (api.host), or use the "
                      "address that it names");
  }
  return actual.value_or(url);
}

}  // namespace

Credentials register_host(const Server& server, const Request& request, const Waiting& waiting) {
  if (names_this_machine(request.url)) {
    throw Failure(Outcome::local_url,
                  "the URL names this machine's loopback address, where no server can be reached "
                  "from a container; use the server's own address");
  }
  const auto found = find_registration_script(server, request, waiting);
  Credentials credentials;
  const auto url = agent_url(found.script, request, found.url);
  if (names_this_machine(url)) {
    throw Failure(Outcome::local_url,
                  "the server calls itself localhost; set its Host Registration URL (api.host)");
  }
  if (!request.access_key.empty() && !request.secret_key.empty()) {
    request.say("credentials were given, registration is skipped");
    credentials.access_key = request.access_key;
    credentials.secret_key = request.secret_key;
  } else {
    credentials = register_key(server, url, found.script, request.key(), waiting);
    request.say("registered as " + credentials.access_key.substr(0, 4) + "...");
  }
  credentials.url = url;
  credentials.detected_ip = found.script.detected_ip;
  return credentials;
}

}  // namespace cattle::agent::registration
