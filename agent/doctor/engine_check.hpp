// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"

#include <chrono>
#include <string>

namespace cattle::agent::doctor {

struct EngineTarget {
  std::string host = "unix:///var/run/docker.sock";  ///< DOCKER_HOST.
  std::string cert_path;
  bool tls = false;
  bool tls_verify = false;
  std::chrono::milliseconds timeout{3'000};
};

struct EngineReport {
  Findings findings;
  std::string version;   ///< Empty when it could not be asked.
  std::string root_dir;  ///< Its file system must have room too; empty for an engine of another host.
};

/// Socket, answer, and a version of the API that both sides accept.
[[nodiscard]] EngineReport check_engine(const EngineTarget& target);

}  // namespace cattle::agent::doctor
