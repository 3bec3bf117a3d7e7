// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cattle::handlers {

/// A published port: a row of `instance.ports`.
struct Port {
  std::int64_t private_port = 0;
  std::int64_t public_port = 0;  ///< 0: the engine chooses one.
  std::string protocol = "tcp";
  std::string bind_address;
  std::string path;  ///< Where it stands in the event, for error texts.
};

struct IpAddress {
  std::string address;
  std::string role;  ///< "primary".
  std::int64_t cidr_size = 0;
};

struct Nic {
  std::int64_t device_number = 0;
  std::string mac_address;
  std::string network_kind;  ///< "dockerBridge", "dockerHost", "dockerNone", "dockerContainer", "cni" ...
  std::string network_name;
  std::vector<IpAddress> ip_addresses;
  std::vector<std::string> network_services;  ///< Kinds: "ipsecTunnelService" (Python-era servers only).
};

/// Removed rows are left out, here as in every list of children (R53).
[[nodiscard]] std::vector<Port> decode_ports(const JsonFields& instance);
[[nodiscard]] std::vector<Nic> decode_nics(const JsonFields& instance);

}  // namespace cattle::handlers
