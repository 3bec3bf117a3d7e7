// SPDX-License-Identifier: Apache-2.0
#include "docker-client/error.hpp"

#include "docker-client/error_decoder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

namespace cattle::docker {
namespace {

constexpr std::size_t kMaxMessage = std::size_t{64} << 10;

std::string sentence(int status, const std::string& operation, const std::string& message) {
  std::string text = message + " (" + operation;
  if (status != 0) text += ", " + std::to_string(status);
  return text + ")";
}

std::string named(const Subject& subject) {
  return subject.name.empty() ? subject.operation : subject.operation + " " + subject.name;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return result;
}

bool has_any(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&text](const char* part) { return text.find(part) != std::string::npos; });
}

/// Text to look for words in: lower case and without the names in it, since an image may be called "denied".
std::string without_name(const std::string& message, const std::string& name) {
  std::string text = lower(message);
  for (const std::string& part :
       {lower(name), lower(name.substr(0, name.find_first_of(":@", name.rfind('/') + 1)))}) {
    if (part.size() < 2) continue;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
      text.erase(at, part.size());
  }
  return text;
}

bool is_denied(std::string text) {
  // A file that the engine may not open is the host's trouble, not the registry's.
  constexpr std::string_view kFile = "permission denied";
  for (auto at = text.find(kFile); at != std::string::npos; at = text.find(kFile, at))
    text.erase(at, kFile.size());
  return has_any(
      text, {"unauthorized", "denied", "authentication required", "no basic auth credentials",
             "incorrect username or password", "authorization failed", "access forbidden", "403 forbidden"});
}

bool is_network(const std::string& text) {
  return has_any(text, {"dial tcp",
                        "dial udp",
                        "lookup ",
                        "no such host",
                        "i/o timeout",
                        "tls:",
                        "tls handshake",
                        "x509:",
                        "connection refused",
                        "connection reset",
                        "broken pipe",
                        "eof",
                        "no route to host",
                        "network is unreachable",
                        "client.timeout",
                        "context deadline exceeded",
                        "request canceled",
                        "to https client",
                        "unexpected http status",
                        "proxyconnect",
                        "bad gateway",
                        "service unavailable",
                        "gateway time-out",
                        "gateway timeout"});
}

ErrorKind kind_by_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorKind::unauthorized;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 429:
      return ErrorKind::rate_limited;
    default:
      return ErrorKind::engine;
  }
}

}  // namespace

const char* to_string(ErrorKind kind) {
  constexpr std::array kNames{"not found",    "image missing", "conflict",     "unauthorized",
                              "rate limited", "network",       "no space",     "unavailable",
                              "timeout",      "cancelled",     "bad response", "engine"};
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames.at(index) : "unknown";
}

Error::Error(ErrorKind kind, int status, std::string operation, std::string engine_message)
    : std::runtime_error(sentence(status, operation, engine_message)),
      kind_(kind),
      status_(status),
      operation_(std::move(operation)),
      engine_message_(std::move(engine_message)) {}

std::string message_of(int status, std::string_view body) {
  const auto document = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
  if (document.is_object()) {
    const auto found = document.find("message");
    if (found != document.end() && found->is_string()) {
      return found->get_ref<const std::string&>().substr(0, kMaxMessage);
    }
  }
  std::string text(body.substr(0, kMaxMessage));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text.empty() ? "the engine answered with status " + std::to_string(status) + " and no message"
                      : text;
}

Error decode_error(const Subject& subject, int status, std::string_view body) {
  std::string message = message_of(status, body);
  const std::string text = lower(message);
  ErrorKind kind = kind_by_status(status);
  if (kind == ErrorKind::not_found && subject.operation == "POST /containers/create" &&
      has_any(text, {"no such image"})) {
    kind = ErrorKind::image_missing;
  }
  if (kind == ErrorKind::engine && has_any(text, {"no space left on device"})) kind = ErrorKind::no_space;
  return {kind, status, named(subject), std::move(message)};
}

Error decode_registry_error(const Subject& subject, int status, const std::string& message) {
  const std::string text = without_name(message, subject.name);
  ErrorKind kind = kind_by_status(status);
  if (has_any(text, {"no space left on device"})) {
    kind = ErrorKind::no_space;
  } else if (has_any(text, {"toomanyrequests", "too many requests", "rate limit"})) {
    kind = ErrorKind::rate_limited;
  } else if (is_denied(text)) {
    kind = ErrorKind::unauthorized;
  } else if (has_any(text, {"manifest unknown", "name unknown", "not found", "does not exist",
                            "no matching manifest", "no such image", "manifest_unknown", "name_unknown"})) {
    kind = ErrorKind::not_found;
  } else if (is_network(text)) {
    kind = ErrorKind::network;
  }
  return {kind, status, named(subject), message};
}

bool is_version_refusal(int status, std::string_view body) {
  if (status != 400) return false;
  const std::string text = lower(message_of(status, body));
  return has_any(text, {"client version"}) && has_any(text, {"too old", "too new"});
}

bool is_removal_in_progress(std::string_view body) {
  return has_any(lower(message_of(409, body)), {"already in progress"});
}

bool is_not_running(int status, std::string_view body) {
  return (status == 409 || status == 500) && has_any(lower(message_of(status, body)), {"not running"});
}

}  // namespace cattle::docker
