// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cattle::agent::registration {

/// How the server is reached before anything is registered.
struct ServerOptions {
  std::string ca_file;
  std::vector<std::string> extra_ca_files;
  std::string http_proxy;   ///< For http URLs.
  std::string https_proxy;  ///< For https URLs.
  std::string no_proxy;
  std::vector<std::string> warnings;  ///< Settings that were passed over for these.
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds request_timeout{60'000};
};

/// Basic authentication; none when the name is empty.
struct Login {
  std::string name;
  subscriber::Secret password;
};

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;
  std::string url;  ///< Asked in the end: another one than given after http became https.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// A text member of what a server answered; empty when it is anything else.
[[nodiscard]] std::string text_of(const nlohmann::json& record, const char* name);

/// Calls to a server whose address a person typed. Redirects: within the same origin, and once from http to
/// https on the same host; anywhere else they are refused before any credential is sent there (S34, S35).
class Server {
 public:
  explicit Server(ServerOptions options) : options_(std::move(options)) {}
  /// Throws http::TransportError; Failure(registration_failed) for a refused redirect.
  [[nodiscard]] Answer get(const std::string& url, const Login& login) const;
  [[nodiscard]] Answer post(const std::string& url, const Login& login, const nlohmann::json& body) const;

 private:
  [[nodiscard]] Answer call(const std::string& method, std::string url, const Login& login,
                            const std::string& body) const;
  [[nodiscard]] Answer once(const std::string& method, const std::string& url, const Login& login,
                            const std::string& body) const;
  ServerOptions options_;
};

/// Waits between tries; returns false to give up (a signal came). Tests pass a clock of their own.
struct Waiting {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<bool(std::chrono::milliseconds)> pause;
};

}  // namespace cattle::agent::registration
