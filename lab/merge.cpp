// SPDX-License-Identifier: Apache-2.0
#include "lab/merge.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace cattle::lab {
namespace {

using nlohmann::json;

void merge_map(json& target, const json& update) {
  for (const auto& [key, value] : update.items()) {
    if (!key.starts_with('+') || !value.is_object()) {
      target[key.starts_with('+') ? key.substr(1) : key] = value;
      continue;
    }
    json& inner = target[key.substr(1)];
    if (!inner.is_object()) inner = json::object();
    merge_map(inner, value);
  }
}

}  // namespace

void merge_reply(json& row, const json& update) {
  if (!update.is_object()) return;
  for (const auto& [key, value] : update.items()) {
    const std::string column = key.starts_with('+') ? key.substr(1) : key;
    const bool known = row.contains(column) && !column.starts_with('_') && column != "id" && column != "type";
    if (!known) continue;
    merge_map(row, json{{key, value}});
  }
}

}  // namespace cattle::lab
