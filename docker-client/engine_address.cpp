// SPDX-License-Identifier: Apache-2.0
#include "docker-client/engine_address.hpp"

#include "docker-client/error.hpp"
#include "docker-client/http/url.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace cattle::docker {
namespace {

bool take_prefix(std::string& text, std::string_view prefix) {
  if (text.rfind(prefix, 0) != 0) return false;
  text.erase(0, prefix.size());
  return true;
}

std::string existing(const std::string& folder, const char* name) {
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  // Reading a pipe might never end.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw Error(ErrorKind::unavailable, 0, "DOCKER_CERT_PATH", path.string() + " is no file");
  return std::filesystem::exists(status) ? path.string() : std::string();
}

}  // namespace

http::ClientOptions connection_of(const EngineOptions& options) {
  http::ClientOptions result;
  result.connect_timeout = options.connect_timeout;
  result.unix_socket = unix_socket_of(options.host);
  if (!result.unix_socket.empty()) {
    result.base_url = "http://localhost";
    return result;
  }
  std::string host = options.host;
  const bool tls = options.tls || host.rfind("https://", 0) == 0;
  if (!take_prefix(host, "tcp://") && !take_prefix(host, "http://") && !take_prefix(host, "https://")) {
    throw Error(ErrorKind::unavailable, 0, "DOCKER_HOST",
                "only unix:// and tcp:// addresses are known, not " + host);
  }
  while (!host.empty() && host.back() == '/') host.pop_back();
  const bool has_port =
      host.find(':', host.rfind(']') == std::string::npos ? 0 : host.rfind(']')) != std::string::npos;
  result.base_url = (tls ? "https://" : "http://") + host + (has_port ? "" : tls ? ":2376" : ":2375");
  if (!http::parse_url(result.base_url))
    throw Error(ErrorKind::unavailable, 0, "DOCKER_HOST", options.host + " is no address of an engine");
  result.verify_peer = options.tls_verify;
  if (tls && !options.cert_path.empty()) {
    result.ca_file = existing(options.cert_path, "ca.pem");
    result.client_cert_file = existing(options.cert_path, "cert.pem");
    result.client_key_file = existing(options.cert_path, "key.pem");
  }
  return result;
}

std::string unix_socket_of(std::string_view docker_host) {
  constexpr std::string_view kUnix = "unix://";
  return docker_host.starts_with(kUnix) ? std::string(docker_host.substr(kUnix.size())) : std::string();
}

void check_address(const EngineOptions& options) {
  (void)connection_of(options);
}

}  // namespace cattle::docker
