// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/host/port_address.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::handlers {

enum class PortProtocol : std::uint8_t { tcp, udp };
[[nodiscard]] const char* to_string(PortProtocol protocol);

/// A socket that holds a port: a listening TCP one, or an unconnected UDP one.
struct BoundSocket {
  PortAddress address;
  int port = 0;
  PortProtocol protocol = PortProtocol::tcp;
};

struct SocketTables {
  std::vector<BoundSocket> sockets;
  bool complete = false;  ///< Every table of the host was read.
};

/// Content of one of the kernel's tables (`net/tcp`, `net/tcp6`, `net/udp`, `net/udp6`). Lines that aren't
/// one are skipped.
[[nodiscard]] std::vector<BoundSocket> parse_socket_table(std::string_view table, PortProtocol protocol);

/// Reads the four tables below the first of `directories` that has a TCP table. Missing tables of IPv6 count
/// as read where the kernel has no IPv6 (no `if_inet6` beside them either, S10).
[[nodiscard]] SocketTables read_socket_tables(const std::vector<std::string>& directories);

}  // namespace cattle::handlers
