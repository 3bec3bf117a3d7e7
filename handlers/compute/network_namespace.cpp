// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/network_namespace.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

namespace cattle::handlers {
namespace {

constexpr int kHexadecimal = 16;

/// A connected network. Both numbers as the kernel prints them: an address's four bytes read as a host
/// integer.
struct Subnet {
  std::uint32_t network = 0;
  std::uint32_t mask = 0;
};

std::string without_indent(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string::npos ? std::string() : text.substr(first);
}

/// Interfaces beside the loopback.
std::vector<std::string> interfaces(const std::string& dir) {
  std::vector<std::string> names;
  std::ifstream file(dir + "/dev");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    if (auto name = without_indent(line.substr(0, colon)); name != "lo") names.push_back(std::move(name));
  }
  return names;
}

/// The addresses that the kernel answers to, without the loopback's, in the order of the routing trie.
std::vector<std::string> local_addresses(const std::string& dir) {
  std::vector<std::string> addresses;
  std::string leaf;
  std::ifstream file(dir + "/fib_trie");
  for (std::string line; std::getline(file, line);) {
    const auto text = without_indent(line);
    if (text.starts_with("|-- ")) leaf = text.substr(std::string("|-- ").size());
    if (text != "/32 host LOCAL" || leaf.starts_with("127.")) continue;
    if (std::find(addresses.begin(), addresses.end(), leaf) == addresses.end()) addresses.push_back(leaf);
  }
  return addresses;
}

std::vector<Subnet> subnets_of(const std::string& dir, const std::string& interface) {
  std::vector<Subnet> subnets;
  std::ifstream file(dir + "/route");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    std::string destination;
    std::string skipped;
    std::string mask;
    fields >> name >> destination;
    for (int column = 0; column < 5; ++column) fields >> skipped;
    fields >> mask;
    if (name != interface || mask.empty()) continue;
    const Subnet subnet{static_cast<std::uint32_t>(std::strtoul(destination.c_str(), nullptr, kHexadecimal)),
                        static_cast<std::uint32_t>(std::strtoul(mask.c_str(), nullptr, kHexadecimal))};
    if (subnet.mask != 0) subnets.push_back(subnet);  // Not the default route: every address is in that.
  }
  return subnets;
}

bool is_in(const std::string& address, const std::vector<Subnet>& subnets) {
  in_addr parsed{};
  if (inet_pton(AF_INET, address.c_str(), &parsed) != 1) return false;
  return std::any_of(subnets.begin(), subnets.end(), [&parsed](const Subnet& subnet) {
    return (parsed.s_addr & subnet.mask) == subnet.network;
  });
}

}  // namespace

InterfaceAddress interface_address(const std::string& proc, std::int64_t pid, const std::string& interface) {
  const auto dir = proc + "/" + std::to_string(pid) + "/net";
  const auto names = interfaces(dir);
  if (std::find(names.begin(), names.end(), interface) == names.end()) return {};
  const auto addresses = local_addresses(dir);
  const auto subnets = subnets_of(dir, interface);
  const auto found = std::find_if(addresses.begin(), addresses.end(),
                                  [&subnets](const std::string& address) { return is_in(address, subnets); });
  if (found != addresses.end()) return {true, *found};
  // An address without a connected network (a /32) can only be told to be this interface's if there is no
  // other.
  if (names.size() == 1 && !addresses.empty()) return {true, addresses.front()};
  return {true, {}};
}

}  // namespace cattle::handlers
