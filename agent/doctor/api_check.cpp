// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/api_check.hpp"

#include "agent/doctor/certificate_check.hpp"
#include "docker-client/http/client.hpp"
#include "subscriber/excerpt.hpp"
#include "subscriber/http_options.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace cattle::agent::doctor {
namespace {

using subscriber::excerpt;
constexpr int kRedirect = 300;
constexpr int kClientError = 400;
constexpr int kServerError = 500;

/// Each answer of a cattle server has a type, its errors too, whatever the status.
bool is_cattle(const http::Response& response) {
  if (response.header("x-api-schemas") != nullptr) return true;
  const auto document = nlohmann::json::parse(response.body, nullptr, false);
  return document.is_object() && document.contains("type") && document.at("type").is_string();
}

std::string header_or(const http::Response& response, const char* name, const std::string& fallback) {
  const auto* value = response.header(name);
  return value == nullptr ? fallback : excerpt(*value);
}

bool is_port_of_https(const ServerTarget& target, const http::Url& url) {
  return url.scheme == "http" &&
         speaks_tls(tls_target(url, target.connection.proxy, target.connection.no_proxy));
}

Finding https_needed(const http::Url& url) {
  return {Cause::server, url.authority() + " speaks TLS, and CATTLE_URL begins with http://",
          "let CATTLE_URL begin with https://, or name the port for http"};
}

/// It asks, and nothing goes well: it insists.
std::optional<Finding> insists_on_client_certificate(const ServerTarget& target, const http::Url& url) {
  if (url.scheme != "https") return std::nullopt;
  auto tls = tls_target(url, target.connection.proxy, target.connection.no_proxy);
  tls.ca_file = target.connection.ca_file;
  tls.extra_ca_files = target.connection.extra_ca_files;
  return check_client_certificate(tls);
}

Finding fault_of(const http::Response& response, const ServerTarget& target, const http::Url& url) {
  const auto status = "HTTP " + std::to_string(response.status);
  if (response.status >= kServerError) {
    return {Cause::server, "the server is not ready: " + status + " " + excerpt(response.body),
            "look at the server's log; wait until it has started"};
  }
  if (response.status >= kRedirect && response.status < kClientError) {
    const auto place = header_or(response, "location", "nowhere");
    return {Cause::server, target.connection.url + " redirects to " + place,
            "set CATTLE_URL to the API's own address: the agent sends its key nowhere else"};
  }
  // Web servers say so in words of their own when the port is one for TLS.
  if (response.status >= kClientError && is_port_of_https(target, url)) return https_needed(url);
  if (auto fault = insists_on_client_certificate(target, url)) return *std::move(fault);
  return {Cause::server,
          "what answers at " + target.connection.url + " is no cattle server: " + status + ", " +
              header_or(response, "content-type", "no content type"),
          "check host, port and path of CATTLE_URL, which ends in /v1, and what stands in between"};
}

Finding fault_of(const http::TransportError& error, const ServerTarget& target, const http::Url& url) {
  using Kind = http::TransportError::Kind;
  if (error.kind() == Kind::timeout || error.kind() == Kind::idle) {
    return {Cause::server, url.authority() + " takes connections and does not answer",
            "look at the server's log, restart it if it hangs; check the port in CATTLE_URL"};
  }
  if (!error.before_request() && is_port_of_https(target, url)) return https_needed(url);
  if (auto fault = insists_on_client_certificate(target, url)) return *std::move(fault);
  return {Cause::server, std::string("the server's API gives no answer: ") + error.what(),
          "check host and port of CATTLE_URL, and the proxy or load balancer in between"};
}

}  // namespace

ApiAnswer ask_api(const ServerTarget& target, const http::Url& url) {
  auto options = subscriber::http_options(target.connection);
  options.base_url = url.origin();
  options.username.clear();
  options.password.clear();
  options.connect_timeout = target.step_timeout;
  http::Request request;
  request.target = url.path;
  request.timeout = target.step_timeout;
  try {
    const http::Client client(options);
    const auto response = client.send(request);
    ApiAnswer answer;
    if (const auto* date = response.header("date")) answer.date = *date;
    if (!is_cattle(response)) answer.fault = fault_of(response, target, url);
    return answer;
  } catch (const http::TransportError& error) {
    return {fault_of(error, target, url), ""};
  }
}

}  // namespace cattle::agent::doctor
