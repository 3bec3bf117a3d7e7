// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/accounts.hpp"
#include "lab/faults.hpp"
#include "lab/settings.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cattle::lab {

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the kernel chooses.
  Flavour flavour = Flavour::cattle;
  std::uint64_t seed = 1;  ///< Of every id, key and address that the server makes.
  Settings settings;
};

/// An agent with its keys, as a registration would have made it.
struct AgentKey {
  std::string id;  ///< API id: 1a9.
  Key key;
};

struct Core;

/// A stand-in cattle server in this process: its own thread, its own port, everything in memory. Methods may
/// be called from any thread but its own, and only between start() and stop(); what is refused throws
/// OperationError (see instances.hpp), an unknown id std::out_of_range. Rows come back as API clients see
/// them over v2-beta.
class Server {
 public:
  using Deadline = std::chrono::milliseconds;

  explicit Server(Options options);
  ~Server();  ///< stop() when still running.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();  ///< Throws boost::system::system_error when the port is taken.
  void stop();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url() const;  ///< http://127.0.0.1:<port>, without version.

  AgentKey add_agent();       ///< Active at once, in the default project 1a5.
  Key add_person();           ///< A user's key: reaches the default project, is none itself (E21).
  Key add_project_key();      ///< Of the default project.
  Key add_environment_key();  ///< An agent's key with the role `environment` (E22).
  Key add_service_key();      ///< RAW subscriptions.
  Key add_administrator_key();
  [[nodiscard]] std::string registration_url();
  void deactivate_agent(const std::string& id);
  void remove_agent(const std::string& id);

  std::string create_instance(
      const nlohmann::json& spec);  ///< API id; started unless startOnCreate is false.
  void start_instance(const std::string& id);
  void stop_instance(const std::string& id, int timeout_seconds = -1);
  void restart_instance(const std::string& id);
  void remove_instance(const std::string& id);
  std::string create_volume(const nlohmann::json& spec);
  void remove_volume(const std::string& id);
  std::string create_stack(const std::string& name);
  void remove_stack(const std::string& id);
  std::string add_credential(const std::string& registry, const std::string& user,
                             const std::string& password);

  [[nodiscard]] nlohmann::json row(const std::string& type,
                                   const std::string& id);  ///< type: instance, volume, host...
  [[nodiscard]] nlohmann::json raw_row(const std::string& type, const std::string& id);  ///< Every column.
  [[nodiscard]] nlohmann::json rows(const std::string& type);
  [[nodiscard]] nlohmann::json processes();
  [[nodiscard]] nlohmann::json wire(std::int64_t after = 0);  ///< See Wire::since.
  [[nodiscard]] nlohmann::json config_items(const std::string& agent);
  [[nodiscard]] std::size_t subscriptions(const std::string& agent = "");

  /// False when the deadline passed first. The check runs on the server's thread: it may look at rows through
  /// the functions that it is given and at nothing that blocks.
  bool wait_until(const std::function<bool(Core&)>& check, Deadline deadline);
  bool wait_for_state(const std::string& type, const std::string& id, const std::string& state,
                      Deadline deadline);
  bool wait_for_host(Deadline deadline);  ///< An active host with a storage pool.
  bool wait_for_subscription(const std::string& agent, Deadline deadline);
  bool wait_for_idle(Deadline deadline);  ///< No process is left running.
  bool wait_for_process(const std::string& name, const std::string& resource_id, const std::string& state,
                        Deadline deadline);

  /// Sends an event of your own to the agent and gives its replies in order, the last one final, or what came
  /// before the deadline. `event` has name, resourceType, resourceId, data; id, replyTo and time are made
  /// when absent.
  nlohmann::json call(const std::string& agent, nlohmann::json event, Deadline deadline);
  void send_event(const std::string& agent, const nlohmann::json& event);  ///< As it is.
  void send_text(const std::string& agent, const std::string& frame);
  void send_binary(const std::string& agent, const std::string& bytes);
  void send_in_pieces(const std::string& agent, const std::string& frame, std::size_t piece);

  void add_fault(const Fault& fault);
  void clear_faults();
  void cut(const std::string& agent);     ///< TCP reset of its subscriptions.
  void close(const std::string& agent);   ///< Close frame.
  void freeze(const std::string& agent);  ///< They stay open and silent.
  void restart(Deadline away);            ///< All sockets closed, nothing accepted for so long, state kept.
  void set(const std::string& setting, const nlohmann::json& value);

  /// Runs a function on the server's thread and waits for it; for what has no method here.
  void on_thread(const std::function<void(Core&)>& action);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cattle::lab
