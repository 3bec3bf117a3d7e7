// SPDX-License-Identifier: Apache-2.0
#include "agent/redaction.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace cattle::agent {
namespace {

using nlohmann::json;

/// Shorter values ("true", "8080") are no secrets, and starring them would make texts unreadable.
constexpr std::size_t kShortest = 6;

constexpr std::array kSecretWords{"secret",     "password",   "token", "environment", "accesskey",
                                  "privatekey", "driveropts", "auth",  "env"};

bool named_like_a_secret(const std::string& key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(kSecretWords.begin(), kSecretWords.end(), [&lower](std::string_view word) {
    return word == "env" || word == "auth" ? lower == word : lower.find(word) != std::string::npos;
  });
}

template <typename Keep>
void search(const json& value, bool secret, const Keep& keep) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) search(member, secret || named_like_a_secret(key), keep);
  } else if (value.is_array()) {
    for (const auto& member : value) search(member, secret, keep);
  } else if (secret && value.is_string()) {
    keep(value.get_ref<const std::string&>());
  }
}

}  // namespace

std::string Redaction::apply(std::string_view text) const {
  std::call_once(searched_, [this] {
    search(data_, false, [this](const std::string& value) {
      if (value.size() >= kShortest) secrets_.insert(value);
      // An entry of a list is KEY=value.
      if (const auto equals = value.find('=');
          equals != std::string::npos && value.size() - equals > kShortest) {
        secrets_.insert(value.substr(equals + 1));
      }
    });
  });
  std::string result(text);
  for (const auto& secret : secrets_) {
    for (auto at = result.find(secret); at != std::string::npos; at = result.find(secret, at + 3)) {
      result.replace(at, secret.size(), "***");
    }
  }
  return result;
}

}  // namespace cattle::agent
