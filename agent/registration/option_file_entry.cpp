// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/option_file_entry.hpp"

#include "agent/registration/failure.hpp"
#include "config/state_file.hpp"

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

}  // namespace

void set_option(const std::string& file, const std::string& name, const std::string& value) {
  if (value.find_first_of("\r\n") != std::string::npos)
    throw Failure(Outcome::usage, name + " holds a line break");
  try {
    std::istringstream lines(config::read_state_file(file).value_or(""));
    std::string content;
    for (std::string line; std::getline(lines, line);) {
      if (!assigns(line, name)) content += line + "\n";
    }
    content += "export " + name + "=" + quoted(value) + "\n";
    constexpr mode_t kMode = 0644;  // Mounted into service containers; it never holds a secret.
    config::write_state_file(file, content, kMode);
  } catch (const config::StateFileError& error) {
    throw Failure(Outcome::state, error.what());
  }
}

}  // namespace cattle::agent::registration
