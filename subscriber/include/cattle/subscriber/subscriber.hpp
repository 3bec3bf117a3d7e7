// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"
#include "cattle/subscriber/event.hpp"
#include "cattle/subscriber/subscription.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cattle::subscriber {

struct SubscriberOptions {
  /// `url` is a server's or a project's: http://host:8080, .../v2-beta, .../v1/projects/1a5. A version in it
  /// is not a choice (E20, E22): it is cut off.
  Connection connection;
  std::string api_version = "v2-beta";
  std::string project;   ///< "1a5"; empty: the key's own, or the only one that it may see (E21).
  std::string agent_id;  ///< As SubscriptionOptions::agent_id.
  /// GET /healthcheck is answered on this port; 0: the kernel chooses; nullopt: no health server.
  std::optional<std::uint16_t> health_port = 10240;
  std::string health_address = "0.0.0.0";
  std::size_t most_waiting = 1024;  ///< Events that wait for a handler; more are dropped and counted.
  /// Times and bounds of the subscription; its connection, path, event_names and agent_id are not used.
  SubscriptionOptions limits;

  /// CATTLE_URL, CATTLE_ACCESS_KEY, CATTLE_SECRET_KEY (each must be there), HEALTH_PORT, SSL_CERT_FILE, and
  /// the proxy variables. Throws std::invalid_argument which names the variable.
  [[nodiscard]] static SubscriberOptions from_environment();
};

/// A program's own ear on the event bus: handlers by name, kept subscribed until stop().
class Subscriber {
 public:
  /// Called one at a time on the subscriber's worker thread, in the order of the events. An event says how
  /// its resource stands now; states in between may never be seen.
  using Handler = std::function<void(const Event&)>;
  /// Returns the reply's data, an object. What it throws becomes an error reply.
  using Answer = std::function<nlohmann::json(const Event&)>;

  explicit Subscriber(SubscriberOptions options = SubscriberOptions::from_environment());
  ~Subscriber();  ///< stop() when still running.
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Before start()
  Subscriber& on(const std::string& event_name, Handler handler);
  Subscriber& answer(const std::string& event_name, Answer answer);
  Subscriber& on_subscribed(std::function<void()> notice);
  Subscriber& on_outage(std::function<void(const Outage&)> notice);  ///< As SubscriptionListener::on_outage.
  /// One sentence for the log: a handler threw, a reply was refused or lost.
  Subscriber& on_trouble(std::function<void(const std::string&)> notice);

  /// Throws std::runtime_error when the health port can't be had.
  void start();
  void stop();
  /// start(), then until SIGINT or SIGTERM, then stop(). Blocks both signals for the calling thread and
  /// ignores SIGPIPE. Throws std::runtime_error when the server wants a project to be named; the text lists
  /// them.
  void run();

  [[nodiscard]] Health health() const;
  /// Subscribed, and something was received within `limits.silence`.
  [[nodiscard]] bool healthy() const;
  [[nodiscard]] std::uint16_t health_port() const;  ///< 0 before start() and without health server.
  [[nodiscard]] std::uint64_t dropped() const;      ///< Events for which there was no room.
  /// Why it gave up; empty while it is trying.
  [[nodiscard]] std::string failure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cattle::subscriber
