// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cattle::agent::registration {

/// One IPv4 address of an interface of this network namespace.
struct InterfaceAddress {
  std::string interface;
  std::string address;  ///< Dotted.
};

/// What CATTLE_AGENT_IP says. Only a dotted address may stand in the agent container's environment, since the
/// stock image refuses everything else; the other forms are passed on through agent.conf.
struct AddressWish {
  enum class Kind : std::uint8_t { none, address, interface, network };
  Kind kind = Kind::none;
  std::string text;  ///< Address, interface name, or "a.b.c.d/n".
};

/// Throws Failure(bad_address) as the stock image does: not dotted IPv4, an octet over 255, 127.x, 0.0.0.0,
/// 255.255.255.255 (P9); also for a link-local address, and a damaged "if:" or CIDR form.
[[nodiscard]] AddressWish parse_address_wish(const std::string& text);
[[nodiscard]] bool is_dotted(const std::string& text);

/// Loopback, link-local, or on an interface that containers made (docker0, br- with 12 hex digits, veth, cni,
/// flannel).
[[nodiscard]] bool is_unusable(const InterfaceAddress& entry);
/// Why an address that is wished for by itself can't be this host's: one that nobody else can reach, or one
/// of an interface in `addresses` that containers made. Empty when it can be, and for every other wish.
[[nodiscard]] std::string objection_to(const AddressWish& wish,
                                       const std::vector<InterfaceAddress>& addresses);

struct AddressInputs {
  AddressWish wish;
  std::string detected;      ///< As the server saw us; may be empty.
  std::string route_source;  ///< Source address of the route to the server; may be empty.
  std::vector<InterfaceAddress> addresses;
  std::string default_source = {};  ///< Source address of the default route; may be empty.
};

struct AddressChoice {
  std::string address;       ///< Empty when there is none.
  std::string reason;        ///< For the log.
  std::string warning = {};  ///< That a wish was not followed, and why; empty elsewhere.
};

/// In this order: the wish, unless there is an objection to it; the detected address when it is one of this
/// host; the route's source; the detected one (NAT); the default route's source (a server on this very host).
/// A wish for an interface or network that holds no usable address gives none, with the reason.
[[nodiscard]] AddressChoice choose_address(const AddressInputs& inputs);

/// IPv4 addresses of this network namespace, interfaces that are up, in the kernel's order.
[[nodiscard]] std::vector<InterfaceAddress> interface_addresses();
/// Source address that the kernel takes for this host and port; sends nothing. Empty when there is no route
/// or the name can't be resolved (this may take the resolver's time).
[[nodiscard]] std::string route_source(const std::string& host, const std::string& port);
/// The same for everything that lies beyond the networks of this host.
[[nodiscard]] std::string default_route_source();

}  // namespace cattle::agent::registration
