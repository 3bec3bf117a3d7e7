// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cattle::docker {

/// One published or exposed port of a list entry. Absent numbers are 0.
struct PortSummary {
  std::string ip;
  int private_port = 0;
  int public_port = 0;
  std::string type;  ///< "tcp", "udp", "sctp".
};

/// Entry of GET /containers/json; `raw` is the engine's document, untouched.
struct ContainerSummary {
  std::string id;
  std::vector<std::string> names;  ///< Each with its leading slash.
  std::string image;
  std::string image_id;
  std::string state;         ///< "running", "exited", "created", "paused", "restarting", "removing", "dead".
  std::string status;        ///< "Up 3 seconds".
  std::int64_t created = 0;  ///< Epoch seconds.
  std::map<std::string, std::string> labels;
  std::vector<PortSummary> ports;
  nlohmann::json raw;
};

/// GET /containers/{id}/json; `raw` is the engine's document, untouched.
struct Container {
  std::string id;
  std::string name;  ///< With its leading slash.
  std::string image_id;
  bool running = false;
  std::string status;  ///< State.Status.
  std::int64_t pid = 0;
  std::string started_at;
  std::map<std::string, std::string> labels;
  std::string network_mode;
  nlohmann::json raw;
};

struct ContainerFilters {
  bool all = true;
  std::vector<std::string> ids;
  std::vector<std::string> names;   ///< The engine takes each as a regular expression on the name.
  std::vector<std::string> labels;  ///< "key" or "key=value".
  std::vector<std::string> statuses;
};

struct CreatedContainer {
  std::string id;
  std::vector<std::string> warnings;
};

enum class StartOutcome : std::uint8_t { started, already_started };
enum class StopOutcome : std::uint8_t { stopped, already_stopped, absent };
enum class KillOutcome : std::uint8_t { killed, not_running, absent };
enum class ContainerRemoveOutcome : std::uint8_t { removed, absent, in_progress };
/// Of images and volumes.
enum class RemoveOutcome : std::uint8_t { removed, absent, in_use };

struct RemoveContainerOptions {
  bool force = false;
  bool volumes = false;  ///< Anonymous volumes go too.
};

}  // namespace cattle::docker
