// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/post_activate.hpp"
#include "lab/steps.hpp"

#include <functional>
#include <stdexcept>
#include <string>

namespace cattle::lab {

/// What a person asked for can't be done: status and words of the API's answer.
class OperationError : public std::runtime_error {
 public:
  OperationError(int status, std::string code, const std::string& message)
      : std::runtime_error(message), status_(status), code_(std::move(code)) {}
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& code() const { return code_; }

 private:
  int status_;
  std::string code_;
};

/// Containers and volumes: their rows and the processes that change them, in the order and shape of the
/// captures.
class Instances {
 public:
  struct Parts {
    const Settings& settings;
    Store& store;
    Ids& ids;
    Agents& agents;
    Processes& processes;
    Steps& steps;
    EventData& data;
    Flavour flavour;
  };
  explicit Instances(Parts parts);

  /// Rows of a container on a host (error state when there is none), not started yet. The specification is
  /// described in README.md. Throws OperationError 422.
  Row& create(std::int64_t project, const nlohmann::json& spec);
  /// A container found on a host: kind, name, external id, image as docker says it.
  Row& adopt(const Row& host, const nlohmann::json& seen);

  void start(Row& instance, bool no_op = false);
  void stop(Row& instance,
            const nlohmann::json& process_data);  ///< {"timeout": s} or {"containerNoOpEvent": true} or null.
  void restart(Row& instance);
  void remove(Row& instance);  ///< Stops it first where it runs.

  Row& create_volume(std::int64_t project, const nlohmann::json& spec);
  void remove_volume(Row& volume);

  /// PastureStack: asks the hosts whether public ports are free; throws OperationError 422 PortConflict.
  boost::asio::awaitable<void> check_ports(std::int64_t project, nlohmann::json spec, Calls& calls);

 private:
  friend class StartProcess;
  friend class StopProcess;
  void schedule_removal(Row& instance);
  void remove_map(Row& map);
  boost::asio::awaitable<void> remove_map_attempt(Process& process, std::int64_t map);
  boost::asio::awaitable<void> activate_volume_attempt(Process& process, std::int64_t map);
  void take_children_down(Row& instance);

  Row& image_row(std::int64_t project, const std::string& image);
  void add_nic(Row& instance, const std::string& mode);
  void add_ports(Row& instance, const nlohmann::json& ports);
  void add_links(Row& instance, const nlohmann::json& links);
  void add_root_volume(Row& instance, const Row* pool);
  void name_volumes(Row& instance);

  Parts p_;
};

/// Rows of a container's surroundings that processes need.
[[nodiscard]] Row& map_of(Store& store,
                          const Row& instance);  ///< Its instanceHostMap. Throws std::out_of_range.
[[nodiscard]] Row* host_for(Store& store, std::int64_t project, const nlohmann::json& requested);
[[nodiscard]] Row* pool_of(Store& store, const Row& host);

}  // namespace cattle::lab
