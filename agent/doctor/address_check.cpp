// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/address_check.hpp"

#include "agent/registration/address.hpp"
#include "agent/registration/failure.hpp"

#include <algorithm>
#include <cctype>

namespace cattle::agent::doctor {
namespace {

using registration::AddressWish;

struct Wish {
  std::string variable;
  std::string text;
};

bool is_name(const std::string& text) {
  const auto belongs = [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '.' || letter == '-' || letter == '_';
  };
  return std::all_of(text.begin(), text.end(), belongs) &&
         std::any_of(text.begin(), text.end(),
                     [](unsigned char letter) { return std::isalpha(letter) != 0; });
}

bool has_usable_address() {
  const auto addresses = registration::interface_addresses();
  return !std::all_of(addresses.begin(), addresses.end(), &registration::is_unusable);
}

/// An address that nobody can reach this host by, though it is one: link-local, or of a bridge that
/// containers made. One that no interface here has may be a router's (address translation).
Findings check_reach(const Wish& wish, const std::string& address) {
  registration::InterfaceAddress entry{"", address};
  for (const auto& here : registration::interface_addresses()) {
    if (here.address == address) entry = here;
  }
  if (!registration::is_unusable(entry)) return {};
  const auto whose = entry.interface.empty() ? std::string() : ", an address of " + entry.interface;
  return {{Cause::address, wish.variable + "=" + address + whose + ": other hosts can't reach this one by it",
           "set " + wish.variable + " to an address of this host that the others reach"}};
}

Findings check_wish(const Wish& wish, const std::string& server_host, const std::string& server_port) {
  AddressWish parsed;
  try {
    parsed = registration::parse_address_wish(wish.text);
  } catch (const registration::Failure&) {
    return {{Cause::address, wish.variable + "=" + wish.text + " is no address that a host can have",
             "set " + wish.variable + " to a dotted IPv4 address, if:<interface> or a network"}};
  }
  if (parsed.kind == AddressWish::Kind::address) return check_reach(wish, wish.text);
  const auto source =
      server_host.empty() ? std::string() : registration::route_source(server_host, server_port);
  const auto choice = registration::choose_address(
      {parsed, "", source, registration::interface_addresses(), registration::default_route_source()});
  if (!choice.address.empty()) return {};
  // Without a route, no source address can be told, but that is the route's fault and found there.
  if (parsed.kind == AddressWish::Kind::none && has_usable_address()) return {};
  return {{Cause::address, "no address for this host: " + choice.reason,
           "set " + wish.variable + " to an address of this host"}};
}

}  // namespace

Findings check_address(const AddressWishes& wishes, const std::string& server_host,
                       const std::string& server_port) {
  Findings findings;
  // Registering refuses a bad CATTLE_AGENT_IP also where the other variable is what counts afterwards.
  if (!wishes.agent_ip.empty() || wishes.docker_host_ip.empty())
    findings = check_wish({"CATTLE_AGENT_IP", wishes.agent_ip}, server_host, server_port);
  const auto& published = wishes.docker_host_ip;
  if (published.empty() || published == wishes.agent_ip || is_name(published)) return findings;
  const auto more = check_wish({"CATTLE_DOCKER_HOST_IP", published}, server_host, server_port);
  findings.insert(findings.end(), more.begin(), more.end());
  return findings;
}

}  // namespace cattle::agent::doctor
