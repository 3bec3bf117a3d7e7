// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dispatcher.hpp"
#include "agent/log.hpp"
#include "agent/own_address.hpp"
#include "agent/upkeep.hpp"
#include "cattle/subscriber/publisher.hpp"
#include "cattle/subscriber/subscription.hpp"
#include "config/config.hpp"
#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/options.hpp"

#include <chrono>

namespace cattle::agent {

/// What each part of the agent wants to know, in its own words.
struct AgentOptions {
  subscriber::SubscriptionOptions subscription;  ///< `event_names` come from the table of routes.
  subscriber::PublisherOptions publisher;
  http::ClientOptions server_api;
  docker::EngineOptions engine;
  handlers::HostOptions host;
  DispatcherOptions dispatcher;
  LogOptions log;
  OwnAddress::Options address;
  UpkeepOptions upkeep;
  std::string notify_socket;
  std::string watchdog_microseconds;
  std::function<void()> request_exit;  ///< Begin the end of the process, as a signal would; may be empty.
  std::chrono::milliseconds grace{10'000};
  std::vector<std::string> warnings;  ///< Of the configuration, to be logged.
};

/// These throw config::ConfigError with the variable's name where it can't mean what it must: CATTLE_URL no
/// server's address, DOCKER_HOST no engine's.
[[nodiscard]] AgentOptions make_options(const config::Config& config);
[[nodiscard]] docker::EngineOptions engine_options(const config::Config& config);
[[nodiscard]] handlers::HostOptions host_options(const config::Config& config);
[[nodiscard]] http::ClientOptions server_api_options(const config::Config& config);
/// The options as they are; throws as above.
[[nodiscard]] docker::EngineOptions checked(docker::EngineOptions options);

}  // namespace cattle::agent
