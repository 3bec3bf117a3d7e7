// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/container.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace cattle::handlers {

/// `dockerPorts` of a reply: strings that the servers' parser takes (E3, S43, H86), each once, in the
/// engine's order.
///
/// Published: "a.b.c.d:public:private/proto", "[v6]:public:private/proto"; else "private/proto". Left out:
/// the "::" half of a binding that also exists for IPv4, under whatever public port the engine chose for it,
/// and every protocol but tcp and udp. Without any
/// entry (a stopped container, or one without a network of its own) the ports that the image exposes.
[[nodiscard]] nlohmann::json docker_ports(const std::vector<docker::PortSummary>& ports,
                                          const nlohmann::json& inspect);

}  // namespace cattle::handlers
