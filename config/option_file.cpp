// SPDX-License-Identifier: Apache-2.0
#include "config/option_file.hpp"

#include "config/state_file.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace cattle::config {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool is_comment_or_nothing(std::string_view text) {
  const auto rest = trimmed(text);
  return rest.empty() || rest.front() == '#';
}

/// Takes the quoted part that `text` begins with; false when it has no end or only a shell could tell its
/// value.
bool take_quoted(std::string_view& text, std::string& value) {
  const char quote = text.front();
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == quote) {
      text.remove_prefix(at + 1);
      return true;
    }
    if (quote == '"') {
      if (text[at] == '$' || text[at] == '`') return false;
      constexpr std::string_view kEscapable = "$`\"\\";
      const bool escaped =
          text[at] == '\\' && at + 1 < text.size() && kEscapable.find(text[at + 1]) != std::string_view::npos;
      if (escaped) ++at;
    }
    value += text[at];
  }
  return false;
}

/// One word as a shell reads it, in as many quoted and plain parts as it has; nullopt when only a shell could
/// tell.
std::optional<std::string> value_of(std::string_view text) {
  constexpr std::string_view kEnd = " \t;&|";
  constexpr std::string_view kShell = "$`()<>";
  std::string value;
  while (!text.empty() && kEnd.find(text.front()) == std::string_view::npos) {
    const char letter = text.front();
    if (letter == '\'' || letter == '"') {
      if (!take_quoted(text, value)) return std::nullopt;
      continue;
    }
    if (kShell.find(letter) != std::string_view::npos) return std::nullopt;
    if (letter == '\\') text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    value += text.front();
    text.remove_prefix(1);
  }
  return is_comment_or_nothing(text) ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<std::filesystem::path> option_files(const std::string& home) {
  const std::filesystem::path base(home);
  return {base / "node-agent/agent.conf", base / "pyagent/agent.conf", "/etc/cattle/agent/agent.conf",
          base / "etc/cattle/agent/agent.conf", "/var/lib/rancher/etc/agent.conf"};
}

void parse_option_file(std::string_view text, const std::string& file_name,
                       std::map<std::string, std::string>& values, std::vector<std::string>& warnings) {
  std::istringstream lines{std::string(text)};
  std::string whole;
  for (int number = 1; std::getline(lines, whole); ++number) {
    auto line = trimmed(whole);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ") || line.starts_with("export\t")) line = trimmed(line.substr(7));
    const auto equals = line.find('=');
    const auto name = line.substr(0, equals);
    std::optional<std::string> value;
    if (equals != std::string_view::npos && is_name(name)) value = value_of(line.substr(equals + 1));
    if (value) {
      values[std::string(name)] = *std::move(value);
    } else if (equals != std::string_view::npos || !is_name(name)) {
      // A bare `export NAME` only marks a variable; anything else would have had an effect in a shell.
      warnings.push_back(file_name + " line " + std::to_string(number) +
                         " is not a plain KEY=value and is ignored (nothing in this file is evaluated)");
    }
  }
}

std::map<std::string, std::string> read_option_files(const std::vector<std::filesystem::path>& files,
                                                     std::vector<std::string>& warnings) {
  std::map<std::string, std::string> values;
  for (const auto& file : files) {
    if (const auto other = other_than_file(file.string()); !other.empty()) {
      warnings.push_back(file.string() + " is " + other + ", not a file, and is ignored");
      continue;
    }
    std::error_code error;
    if (!std::filesystem::exists(file, error)) continue;
    std::ifstream in(file);
    if (!in) {
      warnings.push_back(file.string() + " can't be read and is ignored");
      continue;
    }
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    parse_option_file(text, file.string(), values, warnings);
  }
  return values;
}

bool is_address_rule(std::string_view address) {
  return address.starts_with("if:") || address.find('/') != std::string_view::npos;
}

void drop_overruled_address(std::map<std::string, std::string>& values, const Environment& environment) {
  const auto kept = values.find("CATTLE_AGENT_IP");
  if (kept == values.end() || !is_address_rule(kept->second)) return;
  if (!environment("CATTLE_AGENT_IP").value_or("").empty()) values.erase(kept);
}

}  // namespace cattle::config
