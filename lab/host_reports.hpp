// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/instances.hpp"

#include <chrono>
#include <map>
#include <string>

namespace cattle::lab {

/// What an agent reports by itself: the resources and instances of its pongs, and container events
/// (cattle-protocol 6.5, 6.7, 7).
class HostReports {
 public:
  struct Parts {
    const Settings& settings;
    Store& store;
    Agents& agents;
    Processes& processes;
    Steps& steps;
    Calls& calls;
    Bus& bus;
    Ids& ids;
    Instances& instances;
    Flavour flavour;
  };
  explicit HostReports(Parts parts) : p_(parts) {}

  /// Reads a pong; one whose resourceId is not the agent's is ignored as the server does.
  void pong(Row& agent, const nlohmann::json& reply);
  /// POST /containerevents. Throws OperationError.
  void container_event(std::int64_t agent, const nlohmann::json& event);
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void take_resources(Row& agent, const nlohmann::json& resources);
  void take_host(Row& agent, const nlohmann::json& entry);
  void take_pool(Row& agent, const nlohmann::json& entry);
  void take_address(Row& agent, const nlohmann::json& entry);
  void sync_instances(Row& agent, const nlohmann::json& resources);
  void compare(Row& agent, Row& host, Row* known, const nlohmann::json& seen);
  void schedule(Row& host, const std::string& status, const nlohmann::json& seen, bool from_list);
  boost::asio::awaitable<void> react(Process& process, std::int64_t host, std::string status,
                                     nlohmann::json seen);
  boost::asio::awaitable<nlohmann::json> inspect(Process& process, const Row& host, std::string external_id);
  void react_to_start(Row& host, Row* known, const nlohmann::json& seen, const nlohmann::json& inspected);
  [[nodiscard]] Row* find_instance(const Row& host, const std::string& uuid, const std::string& external_id);
  [[nodiscard]] Row* host_of(const Row& agent, const std::string& reported_uuid);
  void force_stop(const Row& agent, const std::string& external_id);
  void warn(std::string text);

  struct Seen {
    std::size_t hash = 0;
    std::chrono::steady_clock::time_point when;
  };
  Parts p_;
  std::map<std::int64_t, Seen> resources_seen_;
  std::map<std::string, std::chrono::steady_clock::time_point>
      scheduled_;  ///< By status and container, from the list.
  std::vector<std::string> warnings_;
};

}  // namespace cattle::lab
