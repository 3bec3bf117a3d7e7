// SPDX-License-Identifier: Apache-2.0
#include "config/option_file.hpp"

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

bool needs_a_shell(std::string_view text) {
  return text.find_first_of("$`") != std::string_view::npos;
}

bool is_comment_or_nothing(std::string_view text) {
  const auto rest = trimmed(text);
  return rest.empty() || rest.front() == '#';
}

/// nullopt when only a shell could tell.
std::optional<std::string> value_of(std::string_view text) {
  if (!text.empty() && (text.front() == '\'' || text.front() == '"')) {
    const char quote = text.front();
    const auto end = text.find(quote, 1);
    if (end == std::string_view::npos || !is_comment_or_nothing(text.substr(end + 1))) return std::nullopt;
    const auto inner = text.substr(1, end - 1);
    if (quote == '"' && needs_a_shell(inner)) return std::nullopt;
    return std::string(inner);
  }
  const auto end = text.find_first_of(" \t;&|");
  const auto word = text.substr(0, end);
  const auto rest = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  if (needs_a_shell(word) || word.find_first_of("'\"\\") != std::string_view::npos) return std::nullopt;
  if (!is_comment_or_nothing(rest)) return std::nullopt;
  return std::string(word);
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
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) continue;
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

}  // namespace cattle::config
