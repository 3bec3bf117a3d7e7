// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/key.hpp"

#include "agent/registration/failure.hpp"
#include "config/state_file.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace cattle::agent::registration {
namespace {

constexpr std::size_t kKeyBytes = 64;

std::string new_key() {
  std::array<unsigned char, kKeyBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw Failure(Outcome::state, "no random bytes to be had for the registration key");
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0x0FU]);
  }
  return text;
}

}  // namespace

bool is_whole_key(const std::string& content) {
  const auto key = config::without_space_around(content);
  const bool hex =
      std::all_of(key.begin(), key.end(), [](unsigned char letter) { return std::isxdigit(letter) != 0; });
  // One of another length names a registered host all the same, but only with the line end that is written
  // last: else it is the first half of one, and would register this host as another.
  return !key.empty() && hex && (key.size() == 2 * kKeyBytes || content.ends_with('\n'));
}

std::string registration_key(const std::string& state_dir) {
  const auto path = state_dir + "/.registration_token";
  try {
    const auto stored = config::read_state_file(path);
    if (stored && !stored->empty()) {
      if (!is_whole_key(config::read_state_file_as_it_is(path).value_or("")))
        throw Failure(Outcome::state,
                      path + " is damaged; restore it, or remove it to register as a new host");
      return *stored;
    }
    auto key = new_key();
    config::write_state_file(path, key + "\n", 0600);
    return key;
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

}  // namespace cattle::agent::registration
