// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cattle::http {

/// What one peer needs in order to be reached. All members are plain values; empty means "not used".
struct ClientOptions {
  std::string
      base_url;  ///< scheme://host[:port][/prefix], no trailing slash; for a unix socket "http://localhost".
  std::string unix_socket;                  ///< Path of the socket; TCP when empty.
  std::string ca_file;                      ///< PEM bundle; the system's when empty. Read only for https.
  std::vector<std::string> extra_ca_files;  ///< Added to the above where they exist.
  std::string client_cert_file;
  std::string client_key_file;
  bool verify_peer = true;
  std::string username;  ///< Basic authentication when not empty.
  std::string password;  ///< Never logged, never part of an error text.
  std::string proxy;     ///< URL of an HTTP proxy; none when empty. The environment is never read here.
  std::string no_proxy;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Sent with every request.
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t idle_connections = 4;  ///< Handles, each with its connection, kept for the next call.
  /// A peer at http that redirects to https on the same host is asked again there, with the same method and
  /// body, and only there from then on (S35). Any other redirect is an answer like others: credentials go
  /// nowhere else.
  bool follow_to_https = false;
};

struct Request {
  std::string method = "GET";
  std::string target;  ///< Begins with '/'; already escaped (see escape()).
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string body_file;  ///< Upload this file as the body instead of `body`.
  std::string content_type = "application/json";
  std::chrono::milliseconds timeout{30'000};  ///< Whole call; zero means none (streams).
  std::chrono::milliseconds idle_timeout{
      0};                         ///< Ends the call when no byte came for so long; zero means none.
  bool fresh_connection = false;  ///< None that was kept: the last one gave no answer, say.
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;
  /// Value of the first header of that name (lower case), or nullptr.
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

/// No HTTP answer came, or it broke off. Any status code is an answer, not an error.
class TransportError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t { resolve, connect, tls, proxy, timeout, idle, reset, cancelled, other };
  TransportError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }
  /// True when the request can't have reached the peer's application.
  [[nodiscard]] bool before_request() const { return kind_ <= Kind::proxy; }

 private:
  Kind kind_;
};

/// For streams: called on the calling thread. An exception thrown here ends the call and comes out of it.
struct StreamSink {
  std::function<void(const Response& head)>
      on_head;  ///< Status and headers, before the first byte; optional.
  std::function<void(std::string_view bytes)> on_bytes;  ///< Any cut; required.
  std::function<void()> on_tick;  ///< About once a second, also when nothing comes; optional.
};

/// Blocking HTTP/1.1 over libcurl with keep-alive. Safe to share between threads: each call borrows one easy
/// handle from a small pool. A request that fails on a reused idle connection is repeated once on a new one
/// (S41).
class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Throws TransportError. Bodies over 512 MiB are refused (TransportError::other).
  [[nodiscard]] Response send(const Request& request, const std::stop_token& stop = {}) const;
  /// As send(), but a 2xx body goes to `sink`; another status's body (capped at 1 MiB) is in the returned
  /// Response.
  [[nodiscard]] Response stream(const Request& request, const StreamSink& sink,
                                const std::stop_token& stop = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Percent-escapes one path segment or one query value.
[[nodiscard]] std::string escape(std::string_view text);

/// To be created once, first thing in main (curl_global_init), and to outlive every Client.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

}  // namespace cattle::http
