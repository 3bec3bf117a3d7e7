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

HostAddress::HostAddress(Resolver resolver, std::chrono::milliseconds max_age)
    : resolver_(std::move(resolver)), max_age_(max_age) {}

std::optional<std::string> HostAddress::ipv4(const std::string& configured,
                                             std::chrono::milliseconds patience) {
  if (configured.empty()) return std::nullopt;
  in_addr literal{};
  if (::inet_pton(AF_INET, configured.c_str(), &literal) == 1) return text_of(literal);
  std::unique_lock lock(mutex_);
  const bool known = name_ == configured && address_;
  if (known && std::chrono::steady_clock::now() - resolved_at_ < max_age_) return address_;
  if (!resolving_) {
    resolving_ = true;
    thread_ = std::jthread([this, configured] { resolve(configured); });
  }
  // An address that has grown old is better than none, and worth no waiting.
  if (!known) changed_.wait_for(lock, patience, [this] { return !resolving_; });
  return name_ == configured ? address_ : std::nullopt;
}

void HostAddress::resolve(const std::string& name) {
  auto found = resolver_(name);
  const std::lock_guard lock(mutex_);
  if (found) {
    name_ = name;
    address_ = std::move(found);
    resolved_at_ = std::chrono::steady_clock::now();
  }
  resolving_ = false;
  changed_.notify_all();
}

}  // namespace cattle::handlers
