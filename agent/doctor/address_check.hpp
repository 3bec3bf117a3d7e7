// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"

#include <string>

namespace cattle::agent::doctor {

/// What the operator says about this host's address; empty: nothing.
struct AddressWishes {
  std::string agent_ip;        ///< CATTLE_AGENT_IP: an address, "if:<interface>" or a network.
  std::string docker_host_ip;  ///< CATTLE_DOCKER_HOST_IP: the same, or a name, which is the operator's word.
};

/// Usable address for this host; `server_host` and `server_port` decide the route. May take the resolver's
/// time.
[[nodiscard]] Findings check_address(const AddressWishes& wishes, const std::string& server_host,
                                     const std::string& server_port);

}  // namespace cattle::agent::doctor
