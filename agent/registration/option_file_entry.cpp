// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/option_file_entry.hpp"

#include "agent/registration/failure.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"

#include <sys/types.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

namespace cattle::agent::registration {
namespace {

bool assigns(const std::string& line, const std::string& name) {
  return line.starts_with("export " + name + "=") || line.starts_with(name + "=");
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char letter : value) {
    if (letter == '\'') {
      text += "'\\''";
    } else {
      text += letter;
    }
  }
  return text + "'";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) found.push_back(line);
  return found;
}

/// The lines of which `goes` is not true.
template <typename Goes>
std::string without(const std::string& text, Goes goes) {
  std::string rest;
  for (const auto& line : lines_of(text)) {
    if (!goes(line)) rest += line + "\n";
  }
  return rest;
}

std::string without_names(const std::string& text, const std::vector<std::string>& names) {
  return without(text, [&](const auto& line) {
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return assigns(line, name); });
  });
}

bool says_already(const std::string& text, const std::string& name, const std::string& value) {
  std::map<std::string, std::string> values;
  std::vector<std::string> ignored;
  config::parse_option_file(text, "", values, ignored);
  const auto found = values.find(name);
  return found != values.end() && found->second == value;
}

constexpr mode_t kMode = 0644;  // Mounted into service containers; it never holds a secret.
constexpr mode_t kRecordMode = 0600;

/// `rest` of what was `text`.
void replace(const std::string& file, const std::string& text, const std::string& rest) {
  if (rest == text + "\n") return;
  if (rest.empty()) {
    std::filesystem::remove(file);
  } else {
    config::write_state_file(file, rest, kMode);
  }
}

}  // namespace

const std::vector<std::string>& kept_options() {
  static const std::vector<std::string> names{"CATTLE_AGENT_IP",
                                              "CATTLE_HOST_LABELS",
                                              "CATTLE_SCHEDULER_IPS",
                                              "CATTLE_SCHEDULER_REQUIRE_ANY",
                                              "CATTLE_HOST_API_PROXY",
                                              "CATTLE_MEMORY_OVERRIDE",
                                              "CATTLE_MILLI_CPU_OVERRIDE",
                                              "CATTLE_LOCAL_STORAGE_MB_OVERRIDE",
                                              "CATTLE_DETECT_CLOUD_PROVIDER",
                                              "CATTLE_UPGRADE_IMAGES",
                                              "CATTLE_REPLACE_WAIT_PROGRAM"};
  return names;
}

void set_option(const std::string& file, const std::string& name, const std::string& value) {
  if (value.find_first_of("\r\n") != std::string::npos)
    throw Failure(Outcome::usage, name + " holds a line break");
  const auto line = "export " + name + "=" + quoted(value) + "\n";
  const auto record = record_of_options(file);
  try {
    const auto text = config::read_state_file(file).value_or("");
    if (says_already(text, name, value)) return;  // An operator's line stays an operator's.
    const auto recorded = config::read_state_file(record).value_or("");
    config::write_state_file(record, without_names(recorded, {name}) + line, kRecordMode);
    config::write_state_file(file, without_names(text, {name}) + line, kMode);
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

void remove_options(const std::string& file, const std::vector<std::string>& names) {
  try {
    const auto text = config::read_state_file(file);
    if (text) replace(file, *text, without_names(*text, names));
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

std::vector<std::string> recorded_lines(const std::string& file) {
  try {
    auto recorded = lines_of(config::read_state_file(record_of_options(file)).value_or(""));
    const auto present = lines_of(config::read_state_file(file).value_or(""));
    recorded.erase(std::remove_if(recorded.begin(), recorded.end(),
                                  [&](const auto& line) {
                                    return std::find(present.begin(), present.end(), line) == present.end();
                                  }),
                   recorded.end());
    return recorded;
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

void remove_recorded_lines(const std::string& file) {
  const auto ours = recorded_lines(file);
  try {
    const auto text = config::read_state_file(file);
    if (!text) return;
    replace(file, *text, without(*text, [&](const auto& line) {
              return std::find(ours.begin(), ours.end(), line) != ours.end();
            }));
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

std::string record_of_options(const std::string& file) {
  return file + ".registered";
}

}  // namespace cattle::agent::registration
