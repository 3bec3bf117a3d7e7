// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace cattle::handlers {

/// The address that a port is bound to, in a form that compares (S13): an IPv4 address and its IPv6-mapped
/// form are one.
class PortAddress {
 public:
  /// Takes any case, brackets, and "*" or "" for the IPv4 wildcard. A text that is no address equals only
  /// itself.
  static PortAddress parse(std::string_view text);
  /// In network byte order; 4 or 16 bytes.
  static PortAddress from_v4(const std::array<std::uint8_t, 4>& bytes);
  static PortAddress from_v6(const std::array<std::uint8_t, 16>& bytes);

  /// Lower case, no brackets, wildcards as "0.0.0.0" and "::".
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_wildcard() const { return text_ == "0.0.0.0" || text_ == "::"; }
  /// Two sockets of these addresses could not share a port: equal, or one of them a wildcard (whatever the
  /// family).
  [[nodiscard]] bool overlaps(const PortAddress& other) const {
    return is_wildcard() || other.is_wildcard() || text_ == other.text_;
  }

 private:
  explicit PortAddress(std::string canonical) : text_(std::move(canonical)) {}
  std::string text_;
};

}  // namespace cattle::handlers
