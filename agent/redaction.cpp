// SPDX-License-Identifier: Apache-2.0
#include "agent/redaction.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <tuple>
#include <utility>

namespace cattle::agent {
namespace {

using nlohmann::json;

/// Shorter values ("true", "8080") are no secrets, and starring them would make texts unreadable.
constexpr std::size_t kShortest = 6;

constexpr std::array kSecretWords{"secret", "password", "token", "accesskey", "privatekey", "auth"};
/// What is below these has values of any kind, secrets among them.
constexpr std::array kVariables{"environment", "env", "driveropts"};

/// Keys of the rows whose texts say what an event is about.
constexpr std::array kNamed{"name",     "uuid",        "externalId",  "hostname",        "imageUuid",
                            "fullName", "server",      "dataVolumes", "dataVolumesFrom", "ports",
                            "devices",  "bindAddress", "driver",      "networkMode",     "linkName"};
/// Words of Docker and Rancher for how a container is.
constexpr std::array kStates{"created",  "running", "paused",   "restarting", "removing", "exited",
                             "starting", "stopped", "stopping", "healthy",    "unhealthy"};

enum class Place : std::uint8_t { plain, variables, credential };

Place place_below(const std::string& key, Place here) {
  if (here != Place::plain) return here;
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto is_in_key = [&lower](std::string_view word) {
    return word == "env" || word == "auth" ? lower == word : lower.find(word) != std::string::npos;
  };
  if (std::any_of(kSecretWords.begin(), kSecretWords.end(), is_in_key)) return Place::credential;
  if (std::any_of(kVariables.begin(), kVariables.end(), is_in_key)) return Place::variables;
  return Place::plain;
}

/// `take(place, key, text)` for each text; in a list the key is the list's.
template <typename Take>
void each_text(const json& value, Place place, const std::string& key, const Take& take) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) each_text(member, place_below(name, place), name, take);
  } else if (value.is_array()) {
    for (const auto& member : value) each_text(member, place, key, take);
  } else if (value.is_string()) {
    take(place, key, value.get_ref<const std::string&>());
  }
}

/// The text between the quotes, as JSON writes it.
std::string escaped(const std::string& text) {
  const auto quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

/// As Go's encoder writes it, and so the engine.
std::string escaped_by_go(const std::string& text) {
  std::string result;
  for (const char letter : escaped(text)) {
    switch (letter) {
      case '<':
        result += "\\u003c";
        break;
      case '>':
        result += "\\u003e";
        break;
      case '&':
        result += "\\u0026";
        break;
      default:
        result += letter;
    }
  }
  return result;
}

/// All of a name, an image or a mount under which a text may speak of it: without "docker:" and tag, and the
/// parts between colons.
void add_named(const std::string& text, std::vector<std::string>& named) {
  const auto keep = [&named](const std::string& part) {
    if (part.size() >= kShortest) named.push_back(part);
  };
  constexpr std::string_view kPrefix = "docker:";
  const auto name = text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
  keep(name);
  keep(name.substr(0, name.rfind(':')));
  std::size_t begin = 0;
  for (auto end = name.find(':'); end != std::string::npos; end = name.find(':', begin)) {
    keep(name.substr(begin, end - begin));
    begin = end + 1;
  }
  keep(name.substr(begin));
}

}  // namespace

void Redaction::search() const {
  const auto keep = [this](const Secret& secret) {
    if (secret.text.size() < kShortest) return;
    secrets_.push_back(secret);
    for (auto* const write : {escaped, escaped_by_go}) {
      Secret written{write(secret.text), write(secret.assigned), secret.always};
      if (written.text != secrets_.back().text) secrets_.push_back(std::move(written));
    }
  };
  named_.assign(kStates.begin(), kStates.end());
  each_text(data_, Place::plain, {}, [&](Place place, const std::string& key, const std::string& text) {
    if (place == Place::plain) {
      if (std::find(kNamed.begin(), kNamed.end(), key) != kNamed.end()) add_named(text, named_);
      return;
    }
    const bool always = place == Place::credential;
    keep({text, key + "=", always});
    // An entry of a list is KEY=value.
    if (const auto equals = text.find('='); equals != std::string::npos)
      keep({text.substr(equals + 1), text.substr(0, equals + 1), always});
  });
  const auto order = [](const Secret& secret) {
    return std::make_tuple(-static_cast<std::ptrdiff_t>(secret.text.size()), secret.text, secret.assigned);
  };
  std::sort(secrets_.begin(), secrets_.end(),
            [&order](const Secret& left, const Secret& right) { return order(left) < order(right); });
}

bool Redaction::is_named_there(std::string_view text, std::size_t at, const Secret& secret) const {
  if (secret.always || text.substr(0, at).ends_with(secret.assigned)) return false;
  return std::any_of(named_.begin(), named_.end(), [&](const std::string& named) {
    for (auto offset = named.find(secret.text); offset != std::string::npos;
         offset = named.find(secret.text, offset + 1)) {
      if (at >= offset && text.substr(at - offset).starts_with(named)) return true;
    }
    return false;
  });
}

std::string Redaction::apply(std::string_view text) const {
  std::call_once(searched_, [this] { search(); });
  std::string result(text);
  for (const auto& secret : secrets_) {
    std::size_t at = 0;
    while ((at = result.find(secret.text, at)) != std::string::npos) {
      if (is_named_there(result, at, secret)) {
        at += secret.text.size();
      } else {
        result.replace(at, secret.text.size(), "***");
        at += 3;
      }
    }
  }
  return result;
}

json Redaction::document(json document) const {
  if (document.is_string()) return apply(document.get_ref<const std::string&>());
  if (document.is_structured()) {
    for (auto& member : document) member = this->document(std::move(member));
  }
  return document;
}

}  // namespace cattle::agent
