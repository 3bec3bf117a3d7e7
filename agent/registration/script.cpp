// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/script.hpp"

#include "agent/registration/failure.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace cattle::agent::registration {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char letter) { return letter == '_' || std::isalnum(letter) != 0; });
}

std::string_view without_export(std::string_view line) {
  constexpr std::string_view kExport = "export ";
  return line.starts_with(kExport) ? trim(line.substr(kExport.size())) : line;
}

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

/// Calls `take(line_number, trimmed_line)` for each line that is neither blank nor a comment.
template <typename Take>
void for_each_line(std::string_view body, Take take) {
  int number = 0;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    const auto line = trim(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    ++number;
    if (!line.empty() && line.front() != '#') take(number, line);
  }
}

std::string needed(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  if (found == values.end() || found->second.empty()) {
    throw Failure(Outcome::bad_script, "the registration script does not set " + name);
  }
  return found->second;
}

}  // namespace

std::map<std::string, std::string> parse_assignments(std::string_view body) {
  std::map<std::string, std::string> values;
  for_each_line(body, [&](int number, std::string_view line) {
    const auto assignment = without_export(line);
    const auto equals = assignment.find('=');
    const auto name = trim(assignment.substr(0, equals));
    if (!is_name(name)) {
      throw Failure(Outcome::bad_script,
                    "line " + std::to_string(number) + " of the script is not an assignment");
    }
    if (equals == std::string_view::npos) return;
    values[std::string(name)] = unquoted(trim(assignment.substr(equals + 1)));
  });
  return values;
}

Script parse_script(std::string_view body) {
  if (!body.starts_with("#!/bin/sh")) {
    throw Failure(Outcome::bad_script,
                  "the URL did not give a registration script (no #!/bin/sh at its beginning)");
  }
  const auto values = parse_assignments(body);
  Script script;
  script.access_key = needed(values, "CATTLE_REGISTRATION_ACCESS_KEY");
  script.secret_key = needed(values, "CATTLE_REGISTRATION_SECRET_KEY");
  script.url = needed(values, "CATTLE_URL");
  const auto detected = values.find("DETECTED_CATTLE_AGENT_IP");
  if (detected != values.end()) script.detected_ip = detected->second;
  return script;
}

std::string find_assignment(std::string_view body, std::string_view name) {
  std::string value;
  for_each_line(body, [&](int, std::string_view line) {
    const auto assignment = without_export(line);
    const auto equals = assignment.find('=');
    if (value.empty() && equals != std::string_view::npos && trim(assignment.substr(0, equals)) == name) {
      value = unquoted(trim(assignment.substr(equals + 1)));
    }
  });
  return value;
}

}  // namespace cattle::agent::registration
