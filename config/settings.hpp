// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cattle::config {

/// Looks settings up by the rules of both families of names, and collects what had to be ignored. One thread.
class Settings {
 public:
  /// `file_values` come from the option files and win, as they do for a start script that sources them.
  Settings(Environment environment, std::map<std::string, std::string> file_values);

  /// Under exactly this name.
  [[nodiscard]] std::optional<std::string> exact(const std::string& name) const;
  /// PLATFORM_<name>, then CATTLE_<name> (S15).
  [[nodiscard]] std::optional<std::string> either(const std::string& name) const;
  [[nodiscard]] std::string either(const std::string& name, const std::string& fallback) const;
  /// As either(), but missing ends the program: throws ConfigError with the variable's name.
  [[nodiscard]] std::string required(const std::string& name) const;
  /// Only the literal text "true" is true.
  [[nodiscard]] bool flag(const std::string& name, bool fallback) const;
  /// A whole number above zero under this exact name; anything else is warned about and ignored (H109).
  [[nodiscard]] std::optional<std::int64_t> positive(const std::string& name);

  void warn(const std::string& message) { warnings_.push_back(message); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Environment environment_;
  std::map<std::string, std::string> file_values_;
  std::vector<std::string> warnings_;
};

}  // namespace cattle::config
