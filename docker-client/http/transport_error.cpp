// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/transport_error.hpp"

#include <system_error>

namespace cattle::http {
namespace {

using Kind = TransportError::Kind;

bool request_was_sent(CURL* easy) {
  curl_off_t before_transfer = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &before_transfer);
  return before_transfer > 0;
}

/// A proxy that refuses CONNECT shows as a receive error; its status tells it apart.
bool proxy_refused(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return status >= 300;
}

Kind kind_of(CURL* easy, CURLcode code, bool proxied) {
  if (proxied && proxy_refused(easy)) return Kind::proxy;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Kind::resolve;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return Kind::proxy;
    case CURLE_COULDNT_CONNECT:
      return proxied ? Kind::proxy : Kind::connect;
    case CURLE_OPERATION_TIMEDOUT:
      if (request_was_sent(easy)) return Kind::timeout;
      return proxied ? Kind::proxy : Kind::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Kind::tls;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return Kind::reset;
    case CURLE_ABORTED_BY_CALLBACK:
      return Kind::cancelled;
    default:
      return Kind::other;
  }
}

void replace_all(std::string& text, const std::string& what) {
  if (what.empty()) return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 3)) {
    text.replace(at, what.size(), "***");
  }
}

/// libcurl quotes a URL that it can't use, user and password included.
void hide_user_info(std::string& text) {
  auto at = text.find("://");
  while (at != std::string::npos) {
    const auto begin = at + 3;
    const auto end = text.find_first_of("/ '\"", begin);
    const auto sign = text.rfind('@', end == std::string::npos ? text.size() : end);
    if (sign != std::string::npos && sign >= begin) text.replace(begin, sign - begin, "***");
    at = text.find("://", begin);
  }
}

std::string reason(CURL* easy, CURLcode code, const char* detail) {
  std::string text = detail != nullptr && *detail != '\0' ? detail : curl_easy_strerror(code);
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  if (code == CURLE_COULDNT_CONNECT && os_error != 0) {
    text += " (" + std::generic_category().message(static_cast<int>(os_error)) + ")";
  }
  return text;
}

}  // namespace

std::string peer_name(const ClientOptions& options) {
  std::string name = options.unix_socket.empty() ? options.base_url : "unix socket " + options.unix_socket;
  hide_user_info(name);
  return name;
}

TransportError make_transport_error(CURL* easy, CURLcode code, const char* detail,
                                    const ClientOptions& options) {
  std::string text = peer_name(options) + ": " + reason(easy, code, detail);
  hide_user_info(text);
  replace_all(text, options.password);
  return {kind_of(easy, code, !options.proxy.empty()), text};
}

}  // namespace cattle::http
