// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/port_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace cattle::handlers {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::string_view kSpace = " \t\r\n";

std::string stripped(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return lower;
}

std::string text_of(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? std::string()
                                                                         : std::string(text.data());
}

}  // namespace

PortAddress PortAddress::from_v4(const std::array<std::uint8_t, 4>& bytes) {
  return PortAddress(text_of(AF_INET, bytes.data()));
}

PortAddress PortAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
    return PortAddress(text_of(AF_INET, bytes.data() + kMappedPrefix.size()));
  }
  return PortAddress(text_of(AF_INET6, bytes.data()));
}

PortAddress PortAddress::parse(std::string_view text) {
  auto address = stripped(text);
  if (address.empty() || address == "*") return PortAddress("0.0.0.0");
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return from_v6(bytes);
  return PortAddress(std::move(address));  // dotted IPv4 has one spelling only
}

}  // namespace cattle::handlers
