// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/version_numbers.hpp"

namespace cattle::handlers {
namespace {

constexpr std::string_view kDigits = "0123456789";

}  // namespace

std::string version_numbers(std::string_view text, int count) {
  // A version begins with a digit and has a dot; "64-bit" has none.
  for (auto start = text.find_first_of(kDigits); start != std::string_view::npos;
       start = text.find_first_of(kDigits, text.find_first_not_of(kDigits, start))) {
    auto end = start;
    for (int number = 1; end != std::string_view::npos; ++number) {
      end = text.find_first_not_of(kDigits, end);
      const bool goes_on = end != std::string_view::npos && end + 1 < text.size() && text[end] == '.' &&
                           kDigits.find(text[end + 1]) != std::string_view::npos;
      if (number > 1 && (number == count || !goes_on)) return std::string(text.substr(start, end - start));
      if (!goes_on) break;
      ++end;
    }
    if (end == std::string_view::npos) break;
  }
  return {};
}

}  // namespace cattle::handlers
