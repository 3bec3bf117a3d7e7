// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

namespace cattle::http {
namespace {

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const UrlHandle& url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string value(text);
  curl_free(text);
  return value;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

const char* default_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? "443" : "80";
}

std::optional<Url> read_parts(const UrlHandle& handle) {
  Url url;
  url.scheme = lower(part(handle, CURLUPART_SCHEME));
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss")
    return std::nullopt;
  url.user = part(handle, CURLUPART_USER);
  url.password = part(handle, CURLUPART_PASSWORD);
  url.host = lower(part(handle, CURLUPART_HOST));
  if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return std::nullopt;
  url.port = part(handle, CURLUPART_PORT);
  if (url.port.empty()) url.port = default_port(url.scheme);
  url.path = part(handle, CURLUPART_PATH);
  if (url.path.empty()) url.path = "/";
  url.query = part(handle, CURLUPART_QUERY);
  return url;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(scheme)) text += ":" + port;
  return text;
}

std::string Url::origin() const {
  return scheme + "://" + authority();
}

std::optional<Url> parse_url(const std::string& text) {
  // libcurl's parser guesses a scheme only when asked to, and it knows ws only when built for it: hence
  // NON_SUPPORT.
  const UrlHandle handle(curl_url(), &curl_url_cleanup);
  if (!handle) return std::nullopt;
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return std::nullopt;
  return read_parts(handle);
}

std::optional<Url> resolve_url(const Url& base, const std::string& location) {
  const UrlHandle handle(curl_url(), &curl_url_cleanup);
  if (!handle) return std::nullopt;
  const auto from = base.origin() + base.path + (base.query.empty() ? "" : "?" + base.query);
  for (const auto& text : {from, location}) {  // The second is read relative to the first.
    if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
      return std::nullopt;
  }
  return read_parts(handle);
}

}  // namespace cattle::http
