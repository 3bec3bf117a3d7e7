// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/accounts.hpp"
#include "lab/calls.hpp"
#include "lab/processes.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace cattle::lab {

/// Nobody, or no single agent, is behind a key: the status and body of the refusal (cattle-protocol 1.4).
struct AgentRefusal {
  int status = 403;
  std::string code = "Forbidden";
  std::string field;
};

/// The agents: their states, their pings with the miss counting, and who may be called (6.2, 6.4, 8.6).
class Agents {
 public:
  struct Parts {
    boost::asio::io_context& io;
    const Settings& settings;
    Store& store;
    Accounts& accounts;
    Calls& calls;
    Processes& processes;
  };
  explicit Agents(Parts parts) : p_(parts) {}

  /// A new agent in `registering`, with an account of its own whose resources go to `project`.
  Row& add(std::int64_t project, const std::string& registration_uuid);
  void activate(Row& agent);    ///< registering or inactive to active; the activation ping runs beside it.
  void deactivate(Row& agent);  ///< To inactive: its key is refused from now on with 403.
  void remove(Row& agent);      ///< And its key dies.
  void start_monitor();

  /// Agent id, or why there is none. A disconnected agent is reconnected by being asked for.
  [[nodiscard]] std::optional<std::int64_t> resolve(const Caller& caller, AgentRefusal& refusal);
  [[nodiscard]] bool callable(std::int64_t agent);  ///< Calls are sent to it.
  [[nodiscard]] bool away(std::int64_t agent);      ///< reconnecting or disconnected.
  [[nodiscard]] bool gone(std::int64_t agent);      ///< removed.

  std::function<void(Row& agent, const nlohmann::json& pong)> on_pong;
  std::function<void(Row& agent)> on_activating;  ///< Also when it reconnects: config items are asked for.

 private:
  boost::asio::awaitable<void> monitor();
  boost::asio::awaitable<void> ping(std::int64_t agent, nlohmann::json options);
  boost::asio::awaitable<void> activation_ping(std::int64_t agent);
  boost::asio::awaitable<void> reconnect_attempt(Process& process, std::int64_t agent,
                                                 std::chrono::steady_clock::time_point began);
  void reconnect(Row& agent);
  void disconnect(Row& agent);
  void missed(std::int64_t agent);
  void set_state(Row& agent, const char* state);
  [[nodiscard]] CallSpec ping_spec(std::int64_t agent, nlohmann::json options, Milliseconds timeout) const;

  struct Misses {
    int count = 0;
    std::chrono::steady_clock::time_point touched;
  };
  Parts p_;
  std::map<std::int64_t, Misses> misses_;
};

}  // namespace cattle::lab
