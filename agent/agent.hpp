// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dispatcher.hpp"
#include "agent/log.hpp"
#include "agent/options.hpp"
#include "agent/outage_log.hpp"
#include "agent/reply_publisher.hpp"
#include "agent/router.hpp"
#include "cattle/subscriber/publisher.hpp"
#include "cattle/subscriber/subscription.hpp"
#include "docker-client/client.hpp"
#include "handlers/routes.hpp"

#include <atomic>

namespace cattle::agent {

/// Composes the parts and runs them; handles nothing itself. The members stand in the order in which each
/// needs the ones before it. An http::Library must exist before and outlive this.
class Agent {
 public:
  explicit Agent(const AgentOptions& options);
  ~Agent();  ///< stop().
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Returns at once; nothing slow happens before the subscription is asked for.
  void start();
  /// Takes no more events; running work goes on, the link stays for now.
  void finish();
  /// Nothing is in work any more; false when `limit` passed before.
  [[nodiscard]] bool wait_until_idle(std::chrono::milliseconds limit) const;
  /// Ends what still runs and closes the link with a close frame.
  void stop();

  [[nodiscard]] AgentLog& log() { return log_; }
  [[nodiscard]] std::size_t in_work() const { return dispatcher_.in_work(); }
  /// No burst is under way.
  [[nodiscard]] bool at_rest() const { return dispatcher_.at_rest(); }
  [[nodiscard]] subscriber::Health health() const { return subscription_.health(); }

 private:
  [[nodiscard]] subscriber::SubscriptionOptions subscription_options(
      subscriber::SubscriptionOptions options) const;
  [[nodiscard]] subscriber::SubscriptionListener listener();
  [[nodiscard]] handlers::HostOptions host_options(handlers::HostOptions options);
  void request_exit(const std::string& reason);

  AgentLog log_;
  std::function<void()> request_exit_;
  std::atomic<bool> exit_requested_{false};
  docker::Client engine_;
  OwnAddress address_;
  http::Client server_api_;
  handlers::Handlers handlers_;
  Router router_;
  subscriber::Publisher server_;
  ReplyPublisher publisher_;
  Dispatcher dispatcher_;
  OutageLog outages_;
  Upkeep upkeep_;
  subscriber::Subscription subscription_;
};

}  // namespace cattle::agent
