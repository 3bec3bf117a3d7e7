// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/address_check.hpp"
#include "agent/doctor/engine_check.hpp"
#include "agent/doctor/finding.hpp"
#include "agent/doctor/host_checks.hpp"
#include "agent/doctor/server_checks.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace cattle::agent::doctor {

struct Examination {
  std::string configuration_problem;          ///< Why the agent would not start; empty when it would.
  std::vector<std::string> ignored_settings;  ///< What it would pass over with a warning.
  AddressWishes address;
  ServerTarget server;  ///< Not asked when its URL is empty.
  EngineTarget engine;
  HostRoots host;
};

struct Diagnosis {
  Findings findings;  ///< Stored credentials, configuration, host, engine, server, user, in that order.
  std::string engine_version;
};

/// Looks at host, engine and server at the same time; about ten seconds at most, with server and engine down
/// too.
[[nodiscard]] Diagnosis examine(const Examination& examination);

/// A line and a remedy for each finding; or one JSON document. Returns the exit code: the first finding's, 0
/// without any.
int report(const Diagnosis& diagnosis, bool as_json, std::ostream& out);

}  // namespace cattle::agent::doctor
