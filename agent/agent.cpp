// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.hpp"

#include <utility>

namespace cattle::agent {

Agent::Agent(const AgentOptions& options)
    : log_(options.log),
      request_exit_(options.request_exit),
      engine_(options.engine),
      address_(
          options.address, [this](const std::string& line) { log_.info(line); },
          [this](const std::string& line) { log_.warn("configuration: " + line); }),
      server_api_(options.server_api),
      handlers_(host_options(options.host), engine_, server_api_),
      router_(handlers_.routes()),
      server_(options.publisher),
      publisher_(server_),
      dispatcher_(router_, publisher_, log_, options.dispatcher),
      outages_(log_, options.subscription.connection.url),
      upkeep_(options.upkeep,
              {engine_, server_api_, address_, [this](const std::string& line) { log_.warn(line); },
               [this](const std::string& reason) { request_exit(reason); }}),
      subscription_(subscription_options(options.subscription), listener()) {
  for (const auto& warning : options.warnings) log_.warn("configuration: " + warning);
}

Agent::~Agent() {
  stop();
}

void Agent::start() {
  subscription_.start();
  upkeep_.start();
}

void Agent::finish() {
  subscription_.pause();
  dispatcher_.close();
}

bool Agent::wait_until_idle(std::chrono::milliseconds limit) const {
  return dispatcher_.wait_until_idle(limit);
}

void Agent::stop() {
  upkeep_.stop();
  subscription_.pause();
  dispatcher_.stop();
  subscription_.stop();
}

subscriber::SubscriptionOptions Agent::subscription_options(subscriber::SubscriptionOptions options) const {
  options.event_names = router_.event_names();
  options.account_kind = "agent";
  return options;
}

handlers::HostOptions Agent::host_options(handlers::HostOptions options) {
  options.current_host_ip = [this] { return address_.current(); };
  options.request_exit = [this](const std::string& reason) { request_exit(reason); };
  return options;
}

void Agent::request_exit(const std::string& reason) {
  // Two stamps are written one after the other; the second must not count as a person's second signal.
  if (exit_requested_.exchange(true)) return;
  log_.info("ending: " + reason);
  if (request_exit_) request_exit_();
}

subscriber::SubscriptionListener Agent::listener() {
  subscriber::SubscriptionListener result;
  result.on_frame = [this](std::string frame) { dispatcher_.frame(std::move(frame), Clock::now()); };
  result.on_subscribed = [this] {
    outages_.subscribed(subscription_.health().server_version);
    upkeep_.subscribed();
  };
  result.on_outage = [this](const subscriber::Outage& outage) { outages_.began(outage); };
  result.on_detail = [this](const subscriber::Outage& outage) { outages_.goes_on(outage); };
  return result;
}

}  // namespace cattle::agent
