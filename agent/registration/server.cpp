// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/server.hpp"

#include "agent/registration/failure.hpp"
#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"
#include "subscriber/address.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cattle::agent::registration {
namespace {

constexpr int kMostRedirects = 5;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The URL that a Location names, seen from where we are; empty when it may not be followed.
std::string redirected(const std::string& from, const std::string& location, bool& became_https) {
  const auto here = http::parse_url(from);
  if (!here || location.empty()) return {};
  if (location.front() == '/' && location.compare(0, 2, "//") != 0) return here->origin() + location;
  const auto there = http::parse_url(location);
  if (!there || there->host != here->host || !there->user.empty()) return {};
  if (there->origin() == here->origin()) return location;
  if (here->scheme == "http" && there->scheme == "https" && !became_https) {
    became_https = true;
    return location;
  }
  return {};
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& entry) { return entry.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

Answer Server::get(const std::string& url, const Login& login) const {
  return call("GET", url, login, {});
}

Answer Server::post(const std::string& url, const Login& login, const nlohmann::json& body) const {
  return call("POST", url, login, body.dump());
}

Answer Server::call(const std::string& method, std::string url, const Login& login,
                    const std::string& body) const {
  bool became_https = false;
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    auto answer = once(method, url, login, body);
    if (!is_redirect(answer.status)) return answer;
    const auto next = redirected(url, answer.header("location"), became_https);
    if (next.empty()) {
      const auto target = http::parse_url(answer.header("location"));
      throw Failure(
          Outcome::registration_failed,
          "the server redirects to " + (target ? target->origin() : std::string("an address")) +
              ", which is not followed: credentials would go to another place than the one that was given");
    }
    url = next;
  }
  throw Failure(Outcome::registration_failed, "the server redirects in a circle");
}

Answer Server::once(const std::string& method, const std::string& url, const Login& login,
                    const std::string& body) const {
  const auto parsed = http::parse_url(url);
  if (!parsed) throw Failure(Outcome::usage, "not a URL of http or https");
  http::ClientOptions options;
  options.base_url = parsed->origin();
  options.ca_file = options_.ca_file;
  options.extra_ca_files = options_.extra_ca_files;
  options.username = login.name;
  options.password = login.password.reveal();
  options.connect_timeout = options_.connect_timeout;
  const auto& proxy = parsed->scheme == "https" ? options_.https_proxy : options_.http_proxy;
  // One that libcurl would take and the event link would not must not end in a host that is registered and
  // never there.
  subscriber::Connection link;
  link.url = url;
  link.proxy = proxy;
  link.no_proxy = options_.no_proxy;
  if (auto fault = subscriber::proxy_fault(link); !fault.empty()) throw Failure(Outcome::usage, fault);
  if (!subscriber::bypasses_proxy(options_.no_proxy, parsed->host, parsed->port)) options.proxy = proxy;
  const http::Client client(std::move(options));

  http::Request request;
  request.method = method;
  request.target = parsed->path + (parsed->query.empty() ? "" : "?" + parsed->query);
  request.headers = {{"Accept", "*/*"}, {"X-API-No-Challenge", "true"}};
  request.body = body;
  request.timeout = options_.request_timeout;
  auto response = client.send(request);
  return {response.status, std::move(response.headers), std::move(response.body), url};
}

std::string text_of(const nlohmann::json& record, const char* name) {
  if (!record.is_object()) return {};
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace cattle::agent::registration
