// SPDX-License-Identifier: Apache-2.0
#include "tests/support/json_difference.hpp"

#include <nlohmann/json.hpp>

#include <span>

namespace cattle::support {
namespace {

using nlohmann::json;
using Steps = std::span<const std::string>;

std::vector<std::string> steps_of(const std::string& pattern) {
  // The pointer's own parser takes care of ~0 and ~1.
  std::vector<std::string> steps;
  for (json::json_pointer rest(pattern); !rest.empty(); rest.pop_back())
    steps.insert(steps.begin(), rest.back());
  return steps;
}

void mask_at(json& value, Steps steps);

void mask_below(json& value, const std::string& step, Steps rest) {
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) {
      if (step == "*" || step == key) mask_at(member, rest);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (step == "*" || step == std::to_string(i)) mask_at(value[i], rest);
    }
  }
}

void mask_at(json& value, Steps steps) {
  if (steps.empty()) {
    value = "(masked)";
    return;
  }
  if (steps.front() != "**") return mask_below(value, steps.front(), steps.subspan(1));
  mask_at(value, steps.subspan(1));
  mask_below(value, "*", steps);
}

}  // namespace

std::vector<std::string> json_difference(const json& expected, const json& actual) {
  std::vector<std::string> lines;
  for (const auto& change : json::diff(expected, actual)) {
    const auto path = change.at("path").get<std::string>();
    const auto operation = change.at("op").get<std::string>();
    std::string line = (path.empty() ? "the whole document" : path) + ": ";
    if (operation != "add") line += "expected " + expected.at(json::json_pointer(path)).dump();
    if (operation == "replace") line += ", got " + change.at("value").dump();
    if (operation == "remove") line += ", got nothing";
    if (operation == "add") line += "expected nothing, got " + change.at("value").dump();
    lines.push_back(std::move(line));
  }
  return lines;
}

void mask(json& document, const std::vector<std::string>& patterns) {
  for (const auto& pattern : patterns) mask_at(document, steps_of(pattern));
}

}  // namespace cattle::support
