// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cattle::subscriber {

/// GET /healthcheck over plain HTTP, on a thread of its own.
class HealthServer {
 public:
  struct Verdict {
    bool healthy = false;
    std::string text;  ///< One line.
  };

  /// `ask` is called on the server's thread. Throws std::runtime_error when the port can't be had.
  HealthServer(const std::string& address, std::uint16_t port, std::function<Verdict()> ask);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::uint16_t port_ = 0;
};

}  // namespace cattle::subscriber
