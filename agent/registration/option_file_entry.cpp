// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/option_file_entry.hpp"

#include "agent/registration/failure.hpp"
#include "config/state_file.hpp"

#include <sys/types.h>

#include <algorithm>
#include <filesystem>
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

/// The lines that assign none of these names.
std::string without(const std::string& text, const std::vector<std::string>& names) {
  std::istringstream lines(text);
  std::string rest;
  for (std::string line; std::getline(lines, line);) {
    const bool goes =
        std::any_of(names.begin(), names.end(), [&](const auto& name) { return assigns(line, name); });
    if (!goes) rest += line + "\n";
  }
  return rest;
}

constexpr mode_t kMode = 0644;  // Mounted into service containers; it never holds a secret.

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
  try {
    const auto rest = without(config::read_state_file(file).value_or(""), {name});
    config::write_state_file(file, rest + "export " + name + "=" + quoted(value) + "\n", kMode);
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

void remove_options(const std::string& file, const std::vector<std::string>& names) {
  try {
    const auto text = config::read_state_file(file);
    if (!text) return;
    const auto rest = without(*text, names);
    if (rest == *text + "\n") return;
    if (rest.empty()) {
      std::filesystem::remove(file);
    } else {
      config::write_state_file(file, rest, kMode);
    }
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

}  // namespace cattle::agent::registration
