// SPDX-License-Identifier: Apache-2.0
#include "config/host_labels.hpp"

#include <charconv>

namespace cattle::config {
namespace {

/// As lenient as the agents before: what is no escape stays as it is (URL libraries refuse such a query
/// whole).
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() &&
               std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
                   text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  const auto first = out.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::map<std::string, std::string> parse_host_labels(std::string_view text) {
  std::map<std::string, std::string> labels;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto equals = pair.find('=');
    auto key = decoded(pair.substr(0, equals));
    auto value = equals == std::string_view::npos ? std::string{} : decoded(pair.substr(equals + 1));
    if (!key.empty()) labels.emplace(std::move(key), std::move(value));
  }
  return labels;
}

}  // namespace cattle::config
