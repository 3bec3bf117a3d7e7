// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/address.hpp"

#include "agent/registration/failure.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <string_view>

namespace cattle::agent::registration {
namespace {

constexpr std::uint32_t kAllBits = 0xFFFFFFFFU;

/// Host byte order; nullopt when not dotted decimal (inet_pton refuses leading zeros, so none is read as
/// octal: L17).
std::optional<std::uint32_t> ipv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

/// Loopback, link-local, "any", broadcast: none by which another machine reaches this one.
bool is_nobodys(std::uint32_t address) {
  return address == 0 || address == kAllBits || address >> 24U == 127U || address >> 16U == 0xA9FEU;
}

bool in_network(std::uint32_t address, std::uint32_t network, unsigned prefix) {
  const std::uint32_t mask = prefix == 0 ? 0 : kAllBits << (32U - prefix);
  return (address & mask) == (network & mask);
}

struct Network {
  std::uint32_t base = 0;
  unsigned prefix = 0;
};

std::optional<Network> parse_network(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto base = ipv4(text.substr(0, slash));
  unsigned prefix = 0;
  const char* first = text.data() + slash + 1;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, prefix);
  if (!base || error != std::errc() || end != last || prefix > 32) return std::nullopt;
  return Network{*base, prefix};
}

bool is_made_by_containers(std::string_view interface) {
  constexpr std::size_t kBridgeName =
      15;  // "br-" and 12 hex digits, as the engine names its networks' bridges.
  if (interface == "docker0" || interface.starts_with("veth") || interface.starts_with("cni") ||
      interface.starts_with("flannel")) {
    return true;
  }
  return interface.starts_with("br-") && interface.size() == kBridgeName &&
         std::all_of(interface.begin() + 3, interface.end(),
                     [](unsigned char letter) { return std::isxdigit(letter) != 0; });
}

bool is_usable_address(const AddressInputs& inputs, const std::string& address) {
  const auto found = std::find_if(inputs.addresses.begin(), inputs.addresses.end(),
                                  [&](const auto& entry) { return entry.address == address; });
  return found != inputs.addresses.end() && !is_unusable(*found);
}

/// An address of an interface that was passed over, a container bridge's say, is no other machine's.
bool is_of_this_host(const AddressInputs& inputs, const std::string& address) {
  return std::any_of(inputs.addresses.begin(), inputs.addresses.end(),
                     [&](const auto& entry) { return entry.address == address; });
}

template <typename Matches>
AddressChoice first_usable(const AddressInputs& inputs, const std::string& what, Matches matches) {
  for (const auto& entry : inputs.addresses) {
    if (matches(entry) && !is_unusable(entry)) return {entry.address, what + " (" + entry.interface + ")"};
  }
  return {"", what + ": no usable address"};
}

AddressChoice wished(const AddressInputs& inputs) {
  const auto what = "CATTLE_AGENT_IP=" + inputs.wish.text;
  if (inputs.wish.kind == AddressWish::Kind::address) return {inputs.wish.text, what};
  if (inputs.wish.kind == AddressWish::Kind::interface) {
    return first_usable(inputs, "CATTLE_AGENT_IP=if:" + inputs.wish.text,
                        [&](const auto& entry) { return entry.interface == inputs.wish.text; });
  }
  const auto network = parse_network(inputs.wish.text);
  return first_usable(inputs, what, [&](const auto& entry) {
    const auto address = ipv4(entry.address);
    return network && address && in_network(*address, network->base, network->prefix);
  });
}

/// By nobody's wish.
AddressChoice unasked(const AddressInputs& inputs) {
  if (is_usable_address(inputs, inputs.detected)) return {inputs.detected, "as the server sees this host"};
  if (is_usable_address(inputs, inputs.route_source))
    return {inputs.route_source, "source of the route to the server"};
  if (ipv4(inputs.detected) && !is_unusable({"", inputs.detected}) &&
      !is_of_this_host(inputs, inputs.detected)) {
    return {inputs.detected, "as the server sees this host; no interface here has it (address translation)"};
  }
  if (is_usable_address(inputs, inputs.default_source))
    return {inputs.default_source, "source of the default route"};
  return {"", "no usable address found; set CATTLE_AGENT_IP"};
}

}  // namespace

bool is_dotted(const std::string& text) {
  return ipv4(text).has_value();
}

AddressWish parse_address_wish(const std::string& text) {
  if (text.empty()) return {};
  const auto refuse = [&] { return Failure(Outcome::bad_address, "Invalid CATTLE_AGENT_IP (" + text + ")"); };
  constexpr std::string_view kInterface = "if:";
  if (text.starts_with(kInterface)) {
    auto name = text.substr(kInterface.size());
    if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/ \t") != std::string::npos)
      throw refuse();
    return {AddressWish::Kind::interface, std::move(name)};
  }
  if (text.find('/') != std::string::npos) {
    if (!parse_network(text)) throw refuse();
    return {AddressWish::Kind::network, text};
  }
  const auto address = ipv4(text);
  if (!address || is_nobodys(*address)) throw refuse();
  return {AddressWish::Kind::address, text};
}

bool is_unusable(const InterfaceAddress& entry) {
  const auto address = ipv4(entry.address);
  return !address || is_nobodys(*address) || is_made_by_containers(entry.interface);
}

std::string objection_to(const AddressWish& wish, const std::vector<InterfaceAddress>& addresses) {
  if (wish.kind != AddressWish::Kind::address) return {};
  if (is_unusable({"", wish.text})) return "it is loopback, link-local or no host's address";
  std::string objection;
  for (const auto& entry : addresses) {
    if (entry.address != wish.text) continue;
    if (!is_unusable(entry)) return {};  // Some networks lend the host's own address to each veth.
    objection = "it is an address of " + entry.interface + ", which is there for containers";
  }
  return objection;
}

AddressChoice choose_address(const AddressInputs& inputs) {
  if (inputs.wish.kind == AddressWish::Kind::none) return unasked(inputs);
  const auto objection = objection_to(inputs.wish, inputs.addresses);
  if (objection.empty()) return wished(inputs);
  auto choice = unasked(inputs);
  choice.warning = "CATTLE_AGENT_IP=" + inputs.wish.text + " is not followed: " + objection;
  return choice;
}

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, &freeifaddrs);
  std::vector<InterfaceAddress> found;
  for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    if ((entry->ifa_flags & static_cast<unsigned>(IFF_UP)) == 0) continue;
    std::string text(NI_MAXHOST, '\0');
    if (getnameinfo(entry->ifa_addr, sizeof(sockaddr_in), text.data(), NI_MAXHOST, nullptr, 0,
                    NI_NUMERICHOST) != 0)
      continue;
    text.resize(text.find('\0'));
    found.push_back({entry->ifa_name, text});
  }
  return found;
}

std::string route_source(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {};
  std::string text;
  sockaddr_storage source{};
  socklen_t length = sizeof(source);
  // A connected UDP socket has a source address without a packet being sent.
  if (::connect(socket, list->ai_addr, list->ai_addrlen) == 0 &&
      ::getsockname(socket, static_cast<sockaddr*>(static_cast<void*>(&source)), &length) == 0) {
    text.resize(NI_MAXHOST);
    const int failed = getnameinfo(static_cast<sockaddr*>(static_cast<void*>(&source)), length, text.data(),
                                   NI_MAXHOST, nullptr, 0, NI_NUMERICHOST);
    text.resize(failed == 0 ? text.find('\0') : 0);
  }
  ::close(socket);
  return text;
}

std::string default_route_source() {
  return route_source("198.51.100.1", "9");  // RFC 5737: nobody's; and nothing is sent.
}

}  // namespace cattle::agent::registration
