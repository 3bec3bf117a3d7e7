// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/client.hpp"
#include "handlers/context.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cattle::handlers {

/// How a volume's driver wants to be treated (5.5).
enum class DriverKind : std::uint8_t {
  engine,    ///< Docker's volume API alone does it; also the empty driver.
  attached,  ///< Rancher driver: Docker's volume API, and the driver's own Attach before use.
  flex       ///< Rancher driver that Docker must not see: everything goes through the driver's socket.
};

/// The storage drivers that listen on sockets of their own below one directory (agent: core/storage, 5.5).
/// Keeps one client for each driver seen. Safe to share between threads.
class VolumePlugins {
 public:
  explicit VolumePlugins(std::string socket_dir,
                         std::chrono::milliseconds timeout = std::chrono::seconds(60));

  /// Asks the driver when it is one of ours. Throws OperationError "socket file not found at ..." when such a
  /// driver isn't running. `pasturestack-nfs` counts as ours only while its socket exists (S59).
  [[nodiscard]] DriverKind kind_of(const std::string& driver, const std::string& volume,
                                   const std::map<std::string, std::string>& options,
                                   const Context& context) const;

  /// No call: true for the names that are never left to Docker alone.
  [[nodiscard]] bool is_rancher_driver(const std::string& driver) const;

  // Each is one POST /VolumeDriver.<Action>. A driver that doesn't know the action (4xx without `Err`) counts
  // as success; what it refuses is an OperationError with its own text; no answer is an http::TransportError.
  // Empty options are not sent.
  void create(const std::string& driver, const std::string& volume,
              const std::map<std::string, std::string>& options, const Context& context) const;
  void attach(const std::string& driver, const std::string& volume,
              const std::map<std::string, std::string>& options, const Context& context) const;
  /// The mount point on the host. One that is missing or not absolute is an OperationError.
  [[nodiscard]] std::string mount(const std::string& driver, const std::string& volume,
                                  const std::map<std::string, std::string>& options,
                                  const Context& context) const;
  void remove(const std::string& driver, const std::string& volume, const Context& context) const;

 private:
  struct Action;
  struct Answer;
  [[nodiscard]] Answer call(const Action& action, const Context& context) const;
  [[nodiscard]] const http::Client& client(const std::string& driver) const;
  [[nodiscard]] std::string socket_path(const std::string& driver) const;

  std::string socket_dir_;
  std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<http::Client>> clients_;
};

}  // namespace cattle::handlers
