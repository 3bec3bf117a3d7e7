// SPDX-License-Identifier: Apache-2.0
#include "config/identity.hpp"

#include "config/config.hpp"
#include "config/state_file.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace cattle::config {
namespace {

constexpr std::size_t kLongest = 128;
constexpr mode_t kMode = 0644;

bool plausible(const std::string& text) {
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::optional<std::string> identity_in(const std::string& text) {
  auto word = without_space_around(text);
  return plausible(word) ? std::optional(std::move(word)) : std::nullopt;
}

bool is_cut_off_identity(const std::string& text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::size_t kLeast = 9;  // With the first dash: fewer digits may be anybody's number.
  if (text.size() < kLeast || text.size() >= kForm.size()) return false;
  return std::equal(text.begin(), text.end(), kForm.begin(), [](unsigned char letter, char form) {
    return form == '-' ? letter == '-' : std::isxdigit(letter) != 0;
  });
}

std::string identity(const std::filesystem::path& file, const std::optional<std::string>& given,
                     std::vector<std::string>& warnings) {
  try {
    const auto stored = read_state_file(file.string());
    const auto content = stored.value_or("");
    std::string wanted = given ? without_space_around(*given) : content;
    const bool is_new = wanted.empty() && !given;
    if (is_new && stored)
      warnings.push_back(file.string() +
                         " was empty: this host has a new identity now, and is a new host to a " +
                         "server that knew the old one");
    if (is_new) wanted = boost::uuids::to_string(boost::uuids::random_generator()());
    if (!plausible(wanted)) {
      throw ConfigError(
          (given ? "the variable for " + file.string() : file.string()) +
          " holds no identity: one word of printable characters is expected; restore it or remove the file");
    }
    if (!given && is_cut_off_identity(wanted)) {
      throw ConfigError(file.string() +
                        " holds the first part of a UUID only; restore it, or remove it to be a new host");
    }
    if (content != wanted) write_state_file(file.string(), wanted, kMode);
    return wanted;
  } catch (const StateFileError& error) {
    throw ConfigError(std::string(error.what()) + " (it holds this host's identity)");
  }
}

std::string known_identity(const std::filesystem::path& file, const std::optional<std::string>& given) {
  return identity_in(given ? *given : read_state_file(file.string()).value_or("")).value_or("unknown");
}

}  // namespace cattle::config
