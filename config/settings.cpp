// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <charconv>
#include <cstdlib>
#include <utility>

namespace cattle::config {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

Settings::Settings(Environment environment, std::map<std::string, std::string> file_values)
    : environment_(std::move(environment)), file_values_(std::move(file_values)) {}

std::optional<std::string> Settings::exact(const std::string& name) const {
  std::optional<std::string> value;
  if (const auto found = file_values_.find(name); found != file_values_.end()) {
    value = found->second;
  } else {
    value = environment_(name);
  }
  if (value && value->empty()) return std::nullopt;
  return value;
}

std::optional<std::string> Settings::either(const std::string& name) const {
  if (auto value = exact("PLATFORM_" + name)) return value;
  return exact("CATTLE_" + name);
}

std::string Settings::either(const std::string& name, const std::string& fallback) const {
  return either(name).value_or(fallback);
}

std::string Settings::required(const std::string& name) const {
  if (auto value = either(name)) return *std::move(value);
  throw ConfigError("CATTLE_" + name + " is not set (PLATFORM_" + name + " would do as well)");
}

bool Settings::flag(const std::string& name, bool fallback) const {
  const auto value = either(name);
  return value ? *value == "true" : fallback;
}

std::optional<std::int64_t> Settings::positive(const std::string& name) {
  const auto text = exact(name);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size() && number > 0) return number;
  warn(name + " is not a whole number above zero and is ignored");
  return std::nullopt;
}

}  // namespace cattle::config
