// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.hpp"

#include <utility>

namespace cattle::agent {

Agent::Agent(const AgentOptions& options)
    : log_(options.log),
      engine_(options.engine),
      server_api_(options.server_api),
      handlers_(options.host, engine_, server_api_),
      router_(handlers_.routes()),
      server_(options.publisher),
      publisher_(server_),
      dispatcher_(router_, publisher_, log_, options.dispatcher),
      outages_(log_, options.subscription.connection.url),
      subscription_(subscription_options(options.subscription), listener()) {
  for (const auto& warning : options.warnings) log_.warn("configuration: " + warning);
}

Agent::~Agent() {
  stop();
}

void Agent::start() {
  subscription_.start();
}

void Agent::finish() {
  subscription_.pause();
  dispatcher_.close();
}

bool Agent::wait_until_idle(std::chrono::milliseconds limit) const {
  return dispatcher_.wait_until_idle(limit);
}

void Agent::stop() {
  subscription_.pause();
  dispatcher_.stop();
  subscription_.stop();
}

subscriber::SubscriptionOptions Agent::subscription_options(subscriber::SubscriptionOptions options) const {
  options.event_names = router_.event_names();
  return options;
}

subscriber::SubscriptionListener Agent::listener() {
  subscriber::SubscriptionListener result;
  result.on_frame = [this](const std::string& frame) { dispatcher_.frame(frame, Clock::now()); };
  result.on_subscribed = [this] { outages_.subscribed(); };
  result.on_outage = [this](const subscriber::Outage& outage) { outages_.began(outage); };
  return result;
}

}  // namespace cattle::agent
