// SPDX-License-Identifier: Apache-2.0
#include "lab/ids.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <array>
#include <cctype>
#include <charconv>

namespace cattle::lab {

std::string Ids::uuid() {
  boost::uuids::basic_random_generator<std::mt19937_64> make(generator_);
  return boost::uuids::to_string(make());
}

std::string Ids::reply_address() {
  return "reply." + std::to_string((generator_() >> 1U) | 1U);
}

std::string Ids::letters(std::size_t count) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  std::uniform_int_distribution<std::size_t> pick(0, kAlphabet.size() - 1);
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += kAlphabet[pick(generator_)];
  return out;
}

std::string Ids::mac(std::string_view prefix) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out(prefix);
  for (int octet = 0; octet < 3; ++octet) {
    const auto value = static_cast<std::size_t>(generator_() & 0xffU);
    out += ':';
    out += kHex[value >> 4U];
    out += kHex[value & 0xfU];
  }
  return out;
}

std::string api_id(std::string_view type, std::int64_t number) {
  if (type == "container") type = "instance";
  if (type == "project") type = "account";
  std::string out = "1";
  if (type == "stack") {
    out += "st";  // The one type whose letters do not follow from its name.
  } else if (!type.empty()) {
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(type.front())));
    for (const char c : type.substr(1)) {
      if (std::isupper(static_cast<unsigned char>(c)) != 0)
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out + std::to_string(number);
}

std::optional<std::int64_t> plain_id(std::string_view id) {
  const auto digits = id.find_first_of("0123456789", 1);
  if (id.empty() || id.front() != '1' || digits == std::string_view::npos || digits == 1) return std::nullopt;
  std::int64_t number = 0;
  const auto text = id.substr(digits);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace cattle::lab
