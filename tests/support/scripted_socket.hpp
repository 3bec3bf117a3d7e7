// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cattle::support {

struct SocketRequest {
  std::string method;
  std::string path;  ///< As sent.
  std::string host;  ///< Header Host.
  std::string body;
};

struct SocketAnswer {
  int status = 200;
  std::string body;
  bool hang = false;  ///< No answer until the end of the test.
};

/// An HTTP/1.1 server on a unix socket whose answers a test writes down: storage drivers, and engines with
/// documents that the fake engine would never give. Each connection has a thread; each answer closes its
/// connection.
class ScriptedSocket {
 public:
  using Script = std::function<SocketAnswer(const SocketRequest&)>;
  ScriptedSocket(std::string path, Script script);
  ~ScriptedSocket();
  ScriptedSocket(const ScriptedSocket&) = delete;
  ScriptedSocket& operator=(const ScriptedSocket&) = delete;

  [[nodiscard]] std::vector<SocketRequest> requests() const;
  /// Paths of all requests in order.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  void accept_all(const std::stop_token& stop);
  void serve(int connection, const std::stop_token& stop);

  std::string path_;
  Script script_;
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::vector<SocketRequest> requests_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;  // last: joined first
};

}  // namespace cattle::support
