// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cattle::lab {

/// A port as the server spells it: `[ip:][public:]private[/proto]`, IPv6 in brackets, tcp and udp only
/// (E3, 5.6).
struct PortSpec {
  std::string address;  ///< Empty for none and for 0.0.0.0, which the server takes as none.
  std::optional<std::uint16_t> public_port;
  std::uint16_t private_port = 0;
  std::string protocol = "tcp";
};

/// The server's own words for it.
class PortSpecError : public std::runtime_error {
 public:
  PortSpecError() : std::runtime_error("the specified port spec format is wrong") {}
};

[[nodiscard]] PortSpec parse_port_spec(std::string_view text);  ///< Throws PortSpecError.
[[nodiscard]] std::string to_string(const PortSpec& port);

}  // namespace cattle::lab
