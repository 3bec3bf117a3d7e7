// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/client.hpp"
#include "docker-client/http/handle.hpp"

#include <curl/curl.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace cattle::http {

/// One request on one handle, from setting it up to its answer. libcurl's callbacks land here; what they
/// throw is kept and comes out of run(), since no exception may pass through libcurl.
class Transfer {
 public:
  Transfer(const ClientOptions& options, const Request& request, const StreamSink* sink);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() = default;

  /// Blocks. Throws TransportError, or what the sink threw; the handle must not be used again then.
  /// `fresh` forbids to reuse a connection.
  Response run(Handle& handle, bool fresh, const std::stop_token& stop);

  /// After run() threw: the failure was a connection gone stale while it was idle, and nothing had come on
  /// it.
  [[nodiscard]] bool may_repeat() const { return stale_; }

 private:
  using Clock = std::chrono::steady_clock;
  using FilePtr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  using HeaderList = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

  void set_up(Handle& handle, bool fresh);
  void set_body(CURL* easy);
  void add_header(const std::string& line);
  CURLcode drive(Handle& handle, const std::stop_token& stop);
  void check_time(const std::stop_token& stop);
  [[nodiscard]] int next_wait() const;
  void take_header(std::string_view line);
  bool take_body(std::string_view bytes);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_write(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  const ClientOptions& options_;
  const Request& request_;
  const StreamSink* sink_;
  Response response_;
  HeaderList headers_{nullptr, &curl_slist_free_all};
  FilePtr file_{nullptr, &std::fclose};
  std::exception_ptr failure_;
  Clock::time_point last_byte_{};
  Clock::time_point next_tick_{};
  bool got_bytes_ = false;
  bool stale_ = false;
};

}  // namespace cattle::http
