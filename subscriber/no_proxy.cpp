// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/connection.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cattle::subscriber {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string_view without_brackets(std::string_view host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2)
                                                                      : host;
}

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  unsigned bits = 0;  ///< 32 or 128.
};

std::optional<IpAddress> address(const std::string& text) {
  IpAddress result;
  if (inet_pton(AF_INET, text.c_str(), result.bytes.data()) == 1) {
    result.bits = 32;
    return result;
  }
  if (inet_pton(AF_INET6, text.c_str(), result.bytes.data()) == 1) {
    result.bits = 128;
    return result;
  }
  return std::nullopt;
}

bool same_prefix(const IpAddress& left, const IpAddress& right, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(left.bytes.begin(), left.bytes.begin() + whole, right.bytes.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - bits % 8));
  return (left.bytes.at(whole) & mask) == (right.bytes.at(whole) & mask);
}

bool in_network(const std::string& host, std::string_view network) {
  const auto slash = network.find('/');
  const auto base = address(std::string(network.substr(0, slash)));
  const auto tested = address(host);
  const std::string_view length = network.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (!base || !tested || error != std::errc() || end != length.data() + length.size()) return false;
  return base->bits == tested->bits && bits <= base->bits && same_prefix(*base, *tested, bits);
}

/// Cuts ":port" off, but not the last group of a bare IPv6 address.
std::optional<std::string> take_port(std::string_view& entry) {
  const auto colon = entry.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const bool bracketed = colon > 0 && entry[colon - 1] == ']';
  if (!bracketed && entry.find(':') != colon) return std::nullopt;
  std::string port(entry.substr(colon + 1));
  entry = entry.substr(0, colon);
  return port;
}

bool matches(std::string_view entry, const std::string& host, const std::string& port) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string_view::npos) return in_network(host, entry);
  const auto only_port = take_port(entry);
  if (only_port && *only_port != port) return false;
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  entry = without_brackets(entry);
  if (entry.empty()) return false;
  if (entry.front() == '.') return host.size() > entry.size() && host.ends_with(entry);
  if (const auto tested = address(host)) {
    const auto exempt = address(std::string(entry));
    return exempt && tested->bits == exempt->bits && same_prefix(*tested, *exempt, exempt->bits);
  }
  return host == entry || (host.ends_with(entry) && host[host.size() - entry.size() - 1] == '.');
}

}  // namespace

bool bypasses_proxy(const std::string& no_proxy, const std::string& host, const std::string& port) {
  const std::string name = lower(without_brackets(host));
  const std::string list = lower(no_proxy);
  constexpr std::string_view kSeparators = ", \t";
  for (std::size_t at = list.find_first_not_of(kSeparators); at != std::string::npos;) {
    const auto end = std::min(list.find_first_of(kSeparators, at), list.size());
    if (matches(std::string_view(list).substr(at, end - at), name, port)) return true;
    at = list.find_first_not_of(kSeparators, end);
  }
  return false;
}

}  // namespace cattle::subscriber
