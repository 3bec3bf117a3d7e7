// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cattle::docker {

/// GET /version, and what was negotiated from it.
struct Version {
  std::string version;  ///< "20.10.24+dfsg1".
  std::string git_commit;
  std::string api_version;      ///< The engine's newest.
  std::string min_api_version;  ///< The engine's oldest.
  std::string kernel_version;
  std::string used_api_version;  ///< What this client asks in.
};

/// True when API version `version` ("1.41") is `wanted` or newer; numeric, so 1.9 < 1.24.
[[nodiscard]] bool api_at_least(const std::string& version, const std::string& wanted);

/// GET /info, the part in use.
struct Info {
  std::string id;
  std::string driver;  ///< "overlay2", "devicemapper".
  std::vector<std::pair<std::string, std::string>> driver_status;
  std::string operating_system;
  std::string kernel_version;
  std::string root_dir;  ///< DockerRootDir.
  std::string cgroup_version;
  std::int64_t cpus = 0;
  std::int64_t memory = 0;  ///< Bytes.
  nlohmann::json raw;
};

struct Volume {
  std::string name;
  std::string driver;
  std::string mountpoint;
  nlohmann::json raw;
};

/// One engine event; new fields first, the flat ones of old engines as fallback (S51).
struct EngineEvent {
  std::string type;    ///< "container".
  std::string action;  ///< "start", "die" ...
  std::string actor_id;
  std::map<std::string, std::string> attributes;  ///< `image` among them, also from the old `from`.
  std::int64_t time = 0;                          ///< Epoch seconds.
};

}  // namespace cattle::docker
