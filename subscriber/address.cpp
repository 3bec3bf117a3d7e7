// SPDX-License-Identifier: Apache-2.0
#include "subscriber/address.hpp"

#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <stdexcept>

namespace cattle::subscriber {
namespace {

/// User and password of a proxy's URL are percent-escaped.
std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const bool escape = text[at] == '%' && at + 2 < text.size();
    if (escape && std::from_chars(&text[at + 1], &text[at + 3], value, 16).ptr == &text[at + 3]) {
      result += static_cast<char>(value);
      at += 2;
    } else {
      result += text[at];
    }
  }
  return result;
}

std::string query_of(const SubscriptionOptions& options) {
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + http::escape(value);
  };
  const std::string suffix = options.agent_id.empty() ? "" : ";agent=" + options.agent_id;
  for (const auto& name : options.event_names) add("eventNames", name + suffix);
  if (!options.agent_id.empty()) add("agentId", options.agent_id);
  return query;
}

std::optional<ProxyAddress> proxy_for(const Connection& connection, const http::Url& server) {
  if (connection.proxy.empty() || bypasses_proxy(connection.no_proxy, server.host, server.port))
    return std::nullopt;
  const bool bare = connection.proxy.find("://") == std::string::npos;
  const auto url = http::parse_url(bare ? "http://" + connection.proxy : connection.proxy);
  if (!url || url->scheme != "http") throw std::invalid_argument("the proxy is not an http:// URL");
  return ProxyAddress{url->host, url->port,
                      basic_authorization(unescaped(url->user), unescaped(url->password))};
}

}  // namespace

Secret basic_authorization(const std::string& user, const std::string& password) {
  if (user.empty()) return {};
  const std::string text = user + ":" + password;
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return Secret("Basic " + encoded);
}

std::string join_paths(const std::string& left, const std::string& right) {
  const std::string both = left + "/" + right;
  std::string joined;
  for (const char c : both)
    if (c != '/' || joined.empty() || joined.back() != '/') joined += c;
  if (joined.empty() || joined.front() != '/') joined.insert(0, 1, '/');
  return joined;
}

Address make_address(const SubscriptionOptions& options) {
  const auto url = http::parse_url(options.connection.url);
  if (!url) throw std::invalid_argument("the server's address is not an http or https URL");
  Address address;
  address.tls = url->scheme == "https" || url->scheme == "wss";
  address.host = url->host;
  address.port = url->port;
  address.authority = url->authority();
  address.target = join_paths(url->path, options.path) + query_of(options);
  address.authorization =
      basic_authorization(options.connection.access_key, options.connection.secret_key.reveal());
  address.proxy = proxy_for(options.connection, *url);
  return address;
}

std::string proxy_fault(const Connection& connection) {
  const auto url = http::parse_url(connection.url);
  if (!url) return {};
  try {
    (void)proxy_for(connection, *url);
    return {};
  } catch (const std::invalid_argument& error) {
    return std::string(url->scheme == "https" ? "https_proxy: " : "http_proxy: ") + error.what();
  }
}

bool follow_to_https(Address& address, const std::string& location) {
  const auto url = http::parse_url(location);
  const bool secure = url && (url->scheme == "https" || url->scheme == "wss");
  if (address.tls || !secure || url->host != address.host) return false;
  address.tls = true;
  address.port = url->port;
  address.authority = url->authority();
  return true;
}

}  // namespace cattle::subscriber
