// SPDX-License-Identifier: Apache-2.0
#include "lab/port_spec.hpp"

#include <arpa/inet.h>

#include <array>
#include <regex>

namespace cattle::lab {
namespace {

std::uint16_t port_number(const std::string& digits) {
  static constexpr std::size_t kMostDigits = 5;
  static constexpr int kMostPort = 65'535;
  if (digits.empty() || digits.size() > kMostDigits) throw PortSpecError();
  const int number = std::stoi(digits);
  if (number < 1 || number > kMostPort) throw PortSpecError();
  return static_cast<std::uint16_t>(number);
}

std::string address(std::string text) {
  const bool six = text.starts_with('[');
  if (six) text = text.substr(1, text.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1) throw PortSpecError();
  if (text == "0.0.0.0") return {};
  return six ? "[" + text + "]" : text;
}

}  // namespace

PortSpec parse_port_spec(std::string_view text) {
  static const std::regex kForm(
      R"(^(?:(\[[0-9a-fA-F:.]+\]|\d+\.\d+\.\d+\.\d+):)?(?:(\d*):)?(\d+)(?:/(tcp|udp))?$)");
  std::cmatch part;
  if (!std::regex_match(text.data(), text.data() + text.size(), part, kForm)) throw PortSpecError();
  PortSpec out;
  if (part[1].matched) out.address = address(part[1].str());
  if (part[2].matched && part[2].length() == 0 && !part[1].matched) throw PortSpecError();
  if (part[2].matched && part[2].length() > 0) out.public_port = port_number(part[2].str());
  out.private_port = port_number(part[3].str());
  if (part[4].matched) out.protocol = part[4].str();
  return out;
}

std::string to_string(const PortSpec& port) {
  std::string out;
  if (!port.address.empty()) out += port.address + ":";
  if (port.public_port) {
    out += std::to_string(*port.public_port) + ":";
  } else if (!port.address.empty()) {
    out += ":";
  }
  return out + std::to_string(port.private_port) + "/" + port.protocol;
}

}  // namespace cattle::lab
