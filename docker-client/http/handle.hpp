// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/ca_bundle.hpp"
#include "docker-client/http/client.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>

namespace cattle::http {

/// One easy handle with a multi handle of its own, and so with its own connection. The multi handle is what
/// lets another thread wake a blocked call. Used by one thread at a time.
class Handle {
 public:
  /// `options` must outlive the handle.
  Handle(const ClientOptions& options, std::shared_ptr<const CaBundle> bundle);
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] CURL* easy() const { return easy_; }
  [[nodiscard]] CURLM* multi() const { return multi_; }
  [[nodiscard]] const char* error_text() const { return error_text_.data(); }
  void clear_error_text() { error_text_[0] = '\0'; }

 private:
  void set_peer(const ClientOptions& options);
  void set_tls(const ClientOptions& options);

  std::shared_ptr<const CaBundle> bundle_;  ///< libcurl points into it.
  CURLM* multi_;
  CURL* easy_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace cattle::http
