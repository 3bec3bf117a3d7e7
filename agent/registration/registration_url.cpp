// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/registration_url.hpp"

#include "agent/registration/api_root.hpp"
#include "agent/registration/failure.hpp"
#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr int kMostTries = 300;
constexpr std::chrono::milliseconds kPause{2'000};
constexpr std::size_t kMostShown = 400;

bool is_script(const std::string& body) {
  return body.starts_with("#!/bin/sh");
}

/// The server's own JSON error, which no proxy or half-started server sends.
bool is_server_error(const Answer& answer) {
  const auto document = json::parse(answer.body, nullptr, false);
  return document.is_object() && document.value("type", json()) == "error";
}

/// An error page may quote the address, and what is no script for us may still hold its variables: the token
/// stands in both. In parts, since ":" may be escaped.
void star_token(std::string& text, const std::string& url) {
  const auto parsed = http::parse_url(url);
  if (!parsed) return;
  constexpr std::size_t kShortest = 8;
  constexpr std::string_view kStars = "***";
  std::istringstream parts(parsed->path.substr(parsed->path.rfind('/') + 1));
  for (std::string part; std::getline(parts, part, ':');) {
    if (part.size() < kShortest) continue;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + kStars.size()))
      text.replace(at, part.size(), kStars);
  }
}

std::string shown(const std::string& body, const std::string& url) {
  // More than is shown, so that no half of a token is left at the end.
  std::string text = body.substr(0, 2 * kMostShown);
  star_token(text, url);
  text.resize(std::min(text.size(), kMostShown));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char letter) { return letter < ' ' && letter != '\n'; }, '.');
  return text;
}

Answer reach(const Server& server, const Request& request, const Waiting& waiting) {
  std::string last;
  bool asked_for_ca = false;
  for (int attempt = 0; attempt < kMostTries; ++attempt) {
    try {
      auto answer = server.get(request.url, {});
      if (answer.status >= 200 && answer.status <= 299) return answer;
      if (answer.status == 404 && is_server_error(answer)) {
        throw Failure(Outcome::token_refused,
                      "the server does not know this registration token: it was revoked, has "
                      "expired, or the URL was cut off when it was copied");
      }
      if (answer.status == 401) return answer;  // A plain API address of a server with access control.
      last = "the server answers " + std::to_string(answer.status);
    } catch (const http::TransportError& error) {
      if (error.kind() == http::TransportError::Kind::tls) {
        if (!asked_for_ca && request.obtain_ca && request.obtain_ca()) {
          asked_for_ca = true;
          continue;
        }
        throw Failure(Outcome::tls, error.what());
      }
      last = error.what();
    }
    if (attempt == 0) request.say("waiting for the server: " + last);
    if (!waiting.pause(kPause)) break;
  }
  throw Failure(Outcome::unreachable, "the server can't be reached: " + last);
}

json listed(const Server& server, const std::string& url, const Login& login) {
  const auto answer = server.get(url, login);
  if (answer.status < 200 || answer.status > 299) return nullptr;
  const auto document = json::parse(answer.body, nullptr, false);
  if (!document.is_object() || !document.contains("data") || !document["data"].is_array()) return nullptr;
  return document["data"];
}

/// The collection of registration tokens that this caller may use: at the root, else in the default project.
std::string token_collection(const Server& server, const std::string& root, const Login& login) {
  if (!listed(server, root + "/registrationtokens?state=active", login).is_null())
    return root + "/registrationtokens";
  const auto projects = listed(server, root + "/projects?uuid=adminProject", login);
  if (projects.is_array() && !projects.empty()) {
    return root + "/projects/" + http::escape(text_of(projects.front(), "id")) + "/registrationtokens";
  }
  throw Failure(Outcome::bad_script,
                "the URL is neither a registration URL nor an API that hands out registration "
                "tokens to this caller; copy the URL of the Add Host page");
}

std::string token_url(const Server& server, const std::string& collection, const Login& login,
                      const Waiting& waiting) {
  const auto limit = waiting.now() + std::chrono::seconds(60);
  bool made = false;
  do {
    const auto active = listed(server, collection + "?state=active", login);
    if (active.is_array()) {
      for (const auto& token : active) {
        if (auto url = text_of(token, "registrationUrl"); !url.empty()) return url;
      }
    }
    if (!made) (void)server.post(collection, login, json::object());
    made = true;
  } while (waiting.now() < limit && waiting.pause(std::chrono::milliseconds(500)));
  throw Failure(Outcome::too_long, "the server did not finish making a registration token");
}

}  // namespace

FoundScript find_registration_script(const Server& server, const Request& request, const Waiting& waiting) {
  auto answer = reach(server, request, waiting);
  if (is_script(answer.body)) return {answer.url, parse_script(answer.body)};
  if (answer.url.find("/scripts/") != std::string::npos) {
    request.say("--- START of what the URL gave ---\n" + shown(answer.body, request.url) + "\n--- END ---");
    throw Failure(Outcome::bad_script, "the URL did not give a registration script");
  }
  const auto schemas = api_root(answer.header("x-api-schemas"));
  const auto given = http::parse_url(answer.url);
  if (!given) throw Failure(Outcome::usage, "not a URL of http or https");
  // The header's host may be one that only the server knows; its path is what matters.
  const auto path = schemas ? http::parse_url(*schemas)->path : std::string("/v1");
  const Login login{request.access_key, request.secret_key};
  const auto root = api_root(answer.url).value_or(given->origin() + path);
  const auto url = token_url(server, token_collection(server, root, login), login, waiting);
  answer = server.get(with_origin_of(url, answer.url), {});
  return {answer.url, parse_script(answer.body)};
}

}  // namespace cattle::agent::registration
