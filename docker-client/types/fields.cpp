// SPDX-License-Identifier: Apache-2.0
#include "docker-client/types/fields.hpp"

#include "docker-client/error.hpp"

#include <utility>

namespace cattle::docker {
namespace {

const nlohmann::json& empty_array() {
  static const nlohmann::json empty = nlohmann::json::array();
  return empty;
}

const nlohmann::json& nothing() {
  static const nlohmann::json null;
  return null;
}

}  // namespace

Fields::Fields(const nlohmann::json& document, const std::string& operation, std::string path)
    : document_(document), operation_(operation), path_(std::move(path)) {
  if (!document_.is_object() && !document_.is_null()) refuse(path_, "an object");
}

const nlohmann::json* Fields::find(const char* key) const {
  if (document_.is_null()) return nullptr;
  const auto found = document_.find(key);
  return found == document_.end() || found->is_null() ? nullptr : &*found;
}

void Fields::refuse(const std::string& where, const char* wanted) const {
  throw Error(ErrorKind::bad_response, 0, operation_, where + " in the engine's answer is not " + wanted);
}

std::string Fields::text(const char* key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse(path_ + "." + key, "a string");
  return value->get_ref<const std::string&>();
}

std::int64_t Fields::integer(const char* key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return 0;
  if (!value->is_number_integer()) refuse(path_ + "." + key, "an integer");
  return value->get<std::int64_t>();
}

bool Fields::flag(const char* key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) refuse(path_ + "." + key, "a boolean");
  return value->get<bool>();
}

std::vector<std::string> Fields::texts(const char* key) const {
  std::vector<std::string> result;
  const nlohmann::json& values = array(key);
  result.reserve(values.size());
  for (const auto& value : values) {
    if (!value.is_string()) refuse(path_ + "." + key, "a list of strings");
    result.push_back(value.get_ref<const std::string&>());
  }
  return result;
}

std::map<std::string, std::string> Fields::text_map(const char* key) const {
  std::map<std::string, std::string> result;
  const nlohmann::json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_object()) refuse(path_ + "." + key, "an object");
  for (const auto& [name, member] : value->items()) {
    if (member.is_null()) continue;
    if (!member.is_string()) refuse(path_ + "." + key + "." + name, "a string");
    result.emplace_hint(result.end(), name, member.get_ref<const std::string&>());
  }
  return result;
}

Fields Fields::object(const char* key) const {
  const nlohmann::json* value = find(key);
  return {value == nullptr ? nothing() : *value, operation_, path_ + "." + key};
}

const nlohmann::json& Fields::array(const char* key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return empty_array();
  if (!value->is_array()) refuse(path_ + "." + key, "a list");
  return *value;
}

std::vector<std::string> Fields::keys(const char* key) const {
  std::vector<std::string> result;
  const nlohmann::json* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_object()) refuse(path_ + "." + key, "an object");
  for (const auto& [name, member] : value->items()) result.push_back(name);
  return result;
}

}  // namespace cattle::docker
