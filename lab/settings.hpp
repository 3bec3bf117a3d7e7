// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cattle::lab {

using Milliseconds = std::chrono::milliseconds;

/// Every period and limit of the stand-in server. The defaults are those of a fresh cattle 1.6, the names
/// that the REST API uses are cattle's own (cattle-protocol 11); names that begin with "lab." exist here
/// only.
struct Settings {
  Milliseconds event_timeout{45'000};      ///< One send, then the process is retried.
  Milliseconds keepalive_interval{5'000};  ///< `ping` events without replyTo.
  int max_keepalives = 8'640;              ///< Then the socket is closed normally.
  std::size_t max_queued = 100;  ///< Unsent messages; a slower reader is cut off at the next keep-alive.
  Milliseconds ping_schedule{5'000};
  int ping_stats_every = 24;
  int ping_resources_every = 12;
  int ping_instances_every = 3;
  Milliseconds ping_timeout{15'000};
  int ping_failures = 6;  ///< Then agent.reconnect.
  int activate_ping_tries = 30;
  Milliseconds activate_ping_timeout{2'000};
  Milliseconds disconnect_after{180'000};
  Milliseconds resource_cache{30'000};  ///< Identical resources of a pong are skipped for so long.
  int config_tries = 3;
  Milliseconds config_timeout{7'500};
  Milliseconds config_sync{15'000};
  Milliseconds port_check_timeout{1'500};  ///< PastureStack only.
  Milliseconds retry_base{2'000};          ///< Wait after attempt n: min(most, base + step * 2^(n-1)).
  Milliseconds retry_step{100};
  Milliseconds retry_most{120'000};
  Milliseconds lock_wait{3'000};
  int compute_tries = 5;  ///< Activations on error replies before a start is given up.
  bool manage_foreign_containers = true;
  int container_events_max = 150;
  Milliseconds container_event_repeat{
      900'000};                    ///< The same event for the same container, from the instance list.
  Milliseconds change_delay{250};  ///< resource.change: changes of one resource within it are merged.
  Milliseconds register_delay{0};  ///< How long a registration stays `activating`.
  bool security = false;           ///< api.security.enabled; off in a fresh server.
  bool null_keys = false;          ///< Older servers: unused keys are null in place of absent.
  std::string required_image;      ///< What agents are to run as; empty: no matter.
  std::string package_url;         ///< Of the agent package that `pyagent` names; empty: the lab's own URL.
};

class UnknownSetting : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// All periods divided by `factor`, none below 1 ms. Counts stay.
[[nodiscard]] Settings faster(Settings settings, double factor);

/// Name to value, numbers in the unit that the name ends with (fractions allowed).
[[nodiscard]] nlohmann::json to_json(const Settings& settings);

/// Throws UnknownSetting for a name that does not exist and std::invalid_argument for a value of the wrong
/// kind.
void set(Settings& settings, std::string_view name, const nlohmann::json& value);

}  // namespace cattle::lab
