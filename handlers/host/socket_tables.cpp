// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/socket_tables.hpp"

#include "handlers/host/text_file.hpp"

#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>

namespace cattle::handlers {
namespace {

constexpr std::size_t kWord = 8;  // hex digits of a 32-bit word
constexpr std::size_t kTableLimit = 64U << 20U;

template <typename Number>
std::optional<Number> hex(std::string_view text) {
  Number value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The kernel prints each 32-bit word of the address as a number of the machine's own byte order.
template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> address_bytes(std::string_view words) {
  std::array<std::uint8_t, Size> bytes{};
  for (std::size_t index = 0; index < Size / sizeof(std::uint32_t); ++index) {
    const auto word = hex<std::uint32_t>(words.substr(index * kWord, kWord));
    if (!word) return std::nullopt;
    std::memcpy(bytes.data() + index * sizeof(std::uint32_t), &*word, sizeof(std::uint32_t));
  }
  return bytes;
}

std::optional<PortAddress> decode_address(std::string_view words) {
  if (words.size() == kWord) {
    if (const auto bytes = address_bytes<4>(words)) return PortAddress::from_v4(*bytes);
  } else if (words.size() == 4 * kWord) {
    if (const auto bytes = address_bytes<16>(words)) return PortAddress::from_v6(*bytes);
  }
  return std::nullopt;
}

}  // namespace

const char* to_string(PortProtocol protocol) {
  return protocol == PortProtocol::tcp ? "tcp" : "udp";
}

std::vector<BoundSocket> parse_socket_table(std::string_view table, PortProtocol protocol) {
  // TCP_LISTEN, and TCP_CLOSE, which is what an unconnected UDP socket shows.
  const std::string_view holding = protocol == PortProtocol::tcp ? "0A" : "07";
  std::vector<BoundSocket> sockets;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    if (!(fields >> slot >> local >> remote >> state) || state != holding) continue;
    const auto colon = local.find(':');
    if (colon == std::string::npos) continue;
    const auto address = decode_address(std::string_view(local).substr(0, colon));
    const auto port = hex<std::uint16_t>(std::string_view(local).substr(colon + 1));
    if (address && port && *port != 0) sockets.push_back({*address, *port, protocol});
  }
  return sockets;
}

SocketTables read_socket_tables(const std::vector<std::string>& directories) {
  SocketTables tables;
  for (const auto& directory : directories) {
    if (!file_exists(directory + "/tcp")) continue;
    tables.complete = true;
    const bool has_v6 = file_exists(directory + "/if_inet6") || file_exists(directory + "/tcp6");
    for (const auto protocol : {PortProtocol::tcp, PortProtocol::udp}) {
      for (const auto* family : {"", "6"}) {
        const bool needed = *family == '\0' || has_v6;
        const auto content = read_text_file(directory + "/" + to_string(protocol) + family, kTableLimit);
        if (!content) {
          tables.complete = tables.complete && !needed;
          continue;
        }
        const auto found = parse_socket_table(*content, protocol);
        tables.sockets.insert(tables.sockets.end(), found.begin(), found.end());
      }
    }
    break;
  }
  return tables;
}

}  // namespace cattle::handlers
