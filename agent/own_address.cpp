// SPDX-License-Identifier: Apache-2.0
#include "agent/own_address.hpp"

#include "agent/registration/address.hpp"
#include "agent/registration/failure.hpp"

#include <utility>

namespace cattle::agent {

OwnAddress::OwnAddress(Options options, std::function<void(const std::string&)> say)
    : options_(std::move(options)), say_(std::move(say)) {
  if (is_fixed()) current_ = options_.wish;
}

std::string OwnAddress::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

/// A plain address or a name is the operator's word and is not judged here.
bool OwnAddress::is_fixed() const {
  return !options_.wish.empty() && !options_.wish.starts_with("if:") &&
         options_.wish.find('/') == std::string::npos;
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

void OwnAddress::refresh(const std::string& detected, const std::stop_token& stop) {
  if (is_fixed()) return;
  registration::AddressChoice choice;
  try {
    const auto source = route_source(stop);
    if (stop.stop_requested()) return;
    choice = registration::choose_address({registration::parse_address_wish(options_.wish), detected, source,
                                           registration::interface_addresses(),
                                           registration::default_route_source()});
  } catch (const registration::Failure& failure) {
    choice.reason = failure.what();
  }
  const std::lock_guard lock(mutex_);
  // A host that has lost its address for a moment is still the host that it was.
  if (choice.address.empty() && !current_.empty()) return;
  if (choice.address == current_ && choice.reason == reason_) return;
  current_ = choice.address;
  reason_ = choice.reason;
  say_(current_.empty() ? "address of this host: " + reason_
                        : "address of this host: " + current_ + ", " + reason_);
}

}  // namespace cattle::agent
