// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace cattle::lab {

/// All that is random in the server comes from here, so that a seed gives the same run again.
class Ids {
 public:
  explicit Ids(std::uint64_t seed) : generator_(seed) {}

  [[nodiscard]] std::string uuid();           ///< Version 4.
  [[nodiscard]] std::string reply_address();  ///< "reply.<positive 63-bit number>".
  [[nodiscard]] std::string letters(std::size_t count);
  [[nodiscard]] std::string mac(std::string_view prefix);  ///< The prefix and three more octets.

 private:
  std::mt19937_64 generator_;
};

/// The obfuscated form that API clients see: 1, first letter and capitals of the base type, number (1ihm3).
[[nodiscard]] std::string api_id(std::string_view type, std::int64_t number);
/// The number inside an API id; nothing for any other text.
[[nodiscard]] std::optional<std::int64_t> plain_id(std::string_view id);

}  // namespace cattle::lab
