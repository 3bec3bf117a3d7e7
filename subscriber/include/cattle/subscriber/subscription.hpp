// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cattle::subscriber {

/// Where an attempt to subscribe, or a subscription, ended.
enum class Step : std::uint8_t { resolve, connect, proxy, tls, upgrade, read };
[[nodiscard]] const char* to_string(Step step);

/// What kind of trouble it is, told apart for the log and for whoever must act.
enum class Trouble : std::uint8_t {
  unreachable,      ///< No connection, time-out, 5xx.
  bad_credentials,  ///< 401.
  agent_gone,       ///< 403: no usable agent behind the key (removed, inactive, still registering).
  ambiguous_agent,  ///< 422.
  not_found,        ///< 404.
  refused,          ///< Another status than 101.
  wrong_account,    ///< The key is one of another kind of account than was expected (S57).
  silent,           ///< Nothing received for `silence`.
  closed            ///< The peer closed, or sent logout.
};

struct Outage {
  Step step = Step::resolve;
  Trouble trouble = Trouble::unreachable;
  int status = 0;      ///< HTTP status of a refused upgrade, else 0.
  std::string detail;  ///< One sentence; for a refused upgrade with status line and first body bytes.
  /// Somebody was reached and said no, or showed a wrong certificate; else nobody could be reached.
  bool refusal = false;
};

struct Health {
  bool subscribed = false;
  std::optional<std::chrono::steady_clock::time_point> last_received;
  std::optional<Outage> outage;  ///< The current one, or the last attempt's; empty while subscribed.
  std::string
      server_version;  ///< X-PastureStack-Version of the last 101 (S39); empty: the original, or not said.
};

struct SubscriptionOptions {
  Connection connection;
  std::string path =
      "/subscribe";  ///< Appended to the connection's url; "/projects/1a5/subscribe" for a project.
  std::vector<std::string> event_names;
  std::string agent_id;  ///< When given: agentId parameter and ";agent=<id>" behind each name (E13).
  /// "agent": a 101 whose X-API-ACCOUNT-KIND says another is an outage, since no events would come (S57).
  /// Empty: any.
  std::string account_kind;
  std::chrono::milliseconds resolve_timeout{10'000};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds tls_timeout{10'000};
  std::chrono::milliseconds upgrade_timeout{30'000};
  std::chrono::milliseconds answer_timeout{2'000};  ///< From an answer's first byte to its last.
  std::chrono::milliseconds silence{20'000};  ///< Nothing received for so long: the link is dead (R7, E16).
  std::chrono::milliseconds ping_interval{5'000};  ///< WebSocket ping frames.
  std::chrono::milliseconds good_after{
      5'000};  ///< A subscription that held so long ends an outage, heard or not.
  std::chrono::milliseconds close_timeout{2'000};
  std::chrono::milliseconds first_wait{500};
  std::chrono::milliseconds most_wait{5'000};
  std::chrono::milliseconds refused_wait{30'000};  ///< After 401, 403, 422, and a wrong account.
  std::size_t max_frame = 64U << 20U;              ///< Bytes; larger messages end the connection.
};

/// All are called on the subscription's own thread and must not block.
struct SubscriptionListener {
  std::function<void(std::string frame)> on_frame;  ///< Text, not blank.
  std::function<void()> on_subscribed;
  std::function<void(const Outage&)>
      on_outage;  ///< Once per outage: when it begins, and once for each refusal that it changes to.
  /// Another way in which the server can't be reached, within an outage that was told: a restart shows
  /// several.
  std::function<void(const Outage&)> on_detail = nullptr;
};

/// Exactly one WebSocket subscription, kept up in process until stop(). Owns one thread (Asio, a coroutine).
class Subscription {
 public:
  Subscription(SubscriptionOptions options, SubscriptionListener listener);
  ~Subscription();  ///< stop() when still running.
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  void start();  ///< Once. Returns at once.
  /// Stops reading at once (no on_frame after it returns), sends a close frame, waits for the thread. Any
  /// thread but its own.
  void stop();
  /// Stops delivering frames but keeps the link, so that running work can be finished and published first.
  void pause();
  [[nodiscard]] Health health() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cattle::subscriber
