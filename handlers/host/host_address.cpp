// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/host_address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <utility>

namespace cattle::handlers {
namespace {

std::optional<std::string> text_of(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  if (::inet_ntop(AF_INET, &address, text.data(), text.size()) == nullptr) return std::nullopt;
  return std::string(text.data());
}

}  // namespace

std::optional<std::string> resolve_ipv4(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  if (found == nullptr || found->ai_family != AF_INET) return std::nullopt;
  const void* address = found->ai_addr;
  return text_of(static_cast<const sockaddr_in*>(address)->sin_addr);
}

HostAddress::HostAddress(std::string configured, Resolver resolver, std::chrono::milliseconds max_age)
    : configured_(std::move(configured)), resolver_(std::move(resolver)), max_age_(max_age) {
  in_addr literal{};
  is_literal_ = ::inet_pton(AF_INET, configured_.c_str(), &literal) == 1;
  if (is_literal_) address_ = text_of(literal);
}

std::optional<std::string> HostAddress::ipv4(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (is_literal_ || configured_.empty()) return address_;
  const bool fresh = address_ && std::chrono::steady_clock::now() - resolved_at_ < max_age_;
  if (fresh) return address_;
  if (!resolving_) {
    resolving_ = true;
    thread_ = std::jthread([this] { resolve(); });
  }
  // An address that has grown old is better than none, and worth no waiting.
  if (!address_) changed_.wait_for(lock, patience, [this] { return !resolving_; });
  return address_;
}

void HostAddress::resolve() {
  auto found = resolver_(configured_);
  const std::lock_guard lock(mutex_);
  if (found) {
    address_ = std::move(found);
    resolved_at_ = std::chrono::steady_clock::now();
  }
  resolving_ = false;
  changed_.notify_all();
}

}  // namespace cattle::handlers
