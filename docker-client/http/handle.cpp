// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/handle.hpp"

#include <new>
#include <string>
#include <utility>

namespace cattle::http {
namespace {

/// libcurl fails here only for want of memory or for an option it was built without: both must be heard of.
template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw TransportError(TransportError::Kind::other,
                         std::string("libcurl refuses an option: ") + curl_easy_strerror(code));
  }
}

}  // namespace

Handle::Handle(const ClientOptions& options, std::shared_ptr<const CaBundle> bundle)
    : bundle_(std::move(bundle)), multi_(curl_multi_init()), easy_(curl_easy_init()) {
  try {
    if (multi_ == nullptr || easy_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L);
    set(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
    set_peer(options);
    if (options.base_url.rfind("https:", 0) == 0) set_tls(options);
  } catch (...) {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    throw;
  }
}

Handle::~Handle() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

void Handle::set_peer(const ClientOptions& options) {
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Without it, leaving a call that still resolves a name would wait for the resolver.
  set(easy_, CURLOPT_QUICK_EXIT, 1L);
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (!options.unix_socket.empty()) set(easy_, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
  // Both always: an unset one makes libcurl read the environment.
  set(easy_, CURLOPT_PROXY, options.proxy.c_str());
  set(easy_, CURLOPT_NOPROXY, options.no_proxy.c_str());
  if (!options.username.empty()) {
    set(easy_, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(easy_, CURLOPT_USERNAME, options.username.c_str());
    set(easy_, CURLOPT_PASSWORD, options.password.c_str());
  }
}

void Handle::set_tls(const ClientOptions& options) {
  set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.client_cert_file.empty()) {
    set(easy_, CURLOPT_SSLCERT, options.client_cert_file.c_str());
    set(easy_, CURLOPT_SSLKEY, options.client_key_file.c_str());
  }
  set(easy_, CURLOPT_SSL_VERIFYPEER, options.verify_peer ? 1L : 0L);
  set(easy_, CURLOPT_SSL_VERIFYHOST, options.verify_peer ? 2L : 0L);
  if (!options.verify_peer) return;
  // A directory of authorities beside the file would keep libcurl from caching the parsed file.
  set(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (!bundle_->file.empty()) set(easy_, CURLOPT_CAINFO, bundle_->file.c_str());
  if (!bundle_->pem.empty()) {
    curl_blob blob{};
    blob.data = const_cast<char*>(
        bundle_->pem.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): C API, read only
    blob.len = bundle_->pem.size();
    blob.flags = CURL_BLOB_NOCOPY;
    set(easy_, CURLOPT_CAINFO_BLOB, &blob);
  }
}

}  // namespace cattle::http
