// SPDX-License-Identifier: Apache-2.0
#include "agent/own_address.hpp"

#include "agent/registration/failure.hpp"

#include <utility>
#include <vector>

namespace cattle::agent {
namespace {

/// A single address was asked for, and nothing speaks against it.
bool is_followed(const registration::AddressWish& wish,
                 const std::vector<registration::InterfaceAddress>& addresses) {
  return wish.kind == registration::AddressWish::Kind::address &&
         registration::objection_to(wish, addresses).empty();
}

}  // namespace

OwnAddress::OwnAddress(Options options, Say say, Say warn)
    : options_(std::move(options)), say_(std::move(say)), warn_(std::move(warn)) {
  const bool dotted = registration::is_dotted(options_.wish);
  if (is_name() || (dotted && is_followed(wish(), registration::interface_addresses())))
    current_ = options_.wish;
}

std::string OwnAddress::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

/// A name is the operator's word and is not judged here.
bool OwnAddress::is_name() const {
  return !options_.wish.empty() && !options_.wish.starts_with("if:") &&
         options_.wish.find('/') == std::string::npos && !registration::is_dotted(options_.wish);
}

/// What registering refuses is here an address that is not followed: a file may hold it, and the host has
/// others. Throws registration::Failure for a damaged rule.
registration::AddressWish OwnAddress::wish() const {
  if (registration::is_dotted(options_.wish))
    return {registration::AddressWish::Kind::address, options_.wish};
  return registration::parse_address_wish(options_.wish);
}

/// Of the route to the server. A look-up that hangs must not keep the agent from ending.
std::string OwnAddress::route_source(const std::stop_token& stop) {
  if (options_.server_host.empty()) return {};
  const auto answer = lookup_.wait(options_.server_host, stop);
  if (!answer) return {};
  for (const auto& address : answer->addresses) {
    if (auto source = registration::route_source(address, options_.server_port); !source.empty())
      return source;
  }
  return {};
}

registration::AddressChoice OwnAddress::choose(const std::string& detected, const std::stop_token& stop) {
  registration::AddressInputs inputs{wish(), detected, {}, registration::interface_addresses()};
  if (!is_followed(inputs.wish, inputs.addresses)) {
    inputs.route_source = route_source(stop);
    inputs.default_source = registration::default_route_source();
  }
  return registration::choose_address(inputs);
}

void OwnAddress::refresh(const std::string& detected, const std::stop_token& stop) {
  if (is_name()) return;
  registration::AddressChoice choice;
  try {
    choice = choose(detected, stop);
    if (stop.stop_requested()) return;
  } catch (const registration::Failure& failure) {
    choice.reason = failure.what();
  }
  if (choice.warning != std::exchange(warning_, choice.warning) && !warning_.empty()) warn_(warning_);
  const std::lock_guard lock(mutex_);
  // A host that has lost its address for a moment is still the host that it was.
  const bool objected = !warning_.empty() && current_ == options_.wish;
  if (choice.address.empty() && !current_.empty() && !objected) return;
  if (choice.address == current_ && choice.reason == reason_) return;
  current_ = choice.address;
  reason_ = choice.reason;
  if (current_.empty()) {
    warn_("address of this host: " + reason_ + "; none is reported");
  } else {
    say_("address of this host: " + current_ + ", " + reason_);
  }
}

}  // namespace cattle::agent
