// SPDX-License-Identifier: Apache-2.0
#include "handlers/json_fields.hpp"

#include "handlers/errors.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

namespace cattle::handlers {
namespace {

using nlohmann::json;

const json kNothing;

bool is_scalar(const json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

/// A float that is a whole number is written without its fraction: servers pass numbers through Java's JSON
/// and back.
std::string scalar_to_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::abs(number) < 1e15 && std::trunc(number) == number) return std::to_string(std::llround(number));
  }
  return value.is_null() ? std::string{} : value.dump();
}

std::optional<std::int64_t> truncated(double number) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63, which a double holds exactly
  const double whole = std::trunc(number);
  if (!(whole >= -kLimit && whole < kLimit)) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

/// All of the text as a number.
template <typename Number>
std::optional<Number> parsed(const std::string& text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

[[noreturn]] void fail_at(const std::string& path, std::string_view expected) {
  throw RequestError(path + ": expected " + std::string(expected));
}

}  // namespace

std::optional<std::int64_t> whole_number(const json& value) {
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return truncated(value.get<double>());
  if (!value.is_string()) return std::nullopt;
  const auto& digits = value.get_ref<const std::string&>();
  if (const auto number = parsed<std::int64_t>(digits)) return number;
  const auto number = parsed<double>(digits);
  return number ? truncated(*number) : std::nullopt;
}

JsonFields::JsonFields(const json& object, std::string path) : object_(&object), path_(std::move(path)) {
  if (!object.is_null() && !object.is_object()) fail_at(path_, "an object");
}

std::string JsonFields::path_of(std::string_view key) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  return path.append(key);
}

const json* JsonFields::find(const std::string& key) const {
  if (!object_->is_object()) return nullptr;
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

void JsonFields::fail(const std::string& key, std::string_view expected) const {
  fail_at(path_of(key), expected);
}

std::string JsonFields::text(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) fail(key, "a string");
  return value->get<std::string>();
}

std::string JsonFields::scalar_text(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!is_scalar(*value)) fail(key, "a string or a number");
  return scalar_to_text(*value);
}

bool JsonFields::flag(const std::string& key) const {
  return optional_flag(key).value_or(false);
}

std::optional<bool> JsonFields::optional_flag(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) fail(key, "true or false");
  return value->get<bool>();
}

std::int64_t JsonFields::integer(const std::string& key) const {
  return optional_integer(key).value_or(0);
}

std::optional<std::int64_t> JsonFields::optional_integer(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number(*value);
  if (!number) fail(key, "a number");
  return number;
}

std::int64_t JsonFields::integer_within(const std::string& key, std::int64_t lowest,
                                        std::int64_t highest) const {
  const auto number = integer(key);
  if (number >= lowest && number <= highest) return number;
  const bool bounded = highest != std::numeric_limits<std::int64_t>::max();
  fail(key, bounded ? fmt::format("{} to {}", lowest, highest) : fmt::format("{} or more", lowest));
}

std::optional<std::vector<std::string>> JsonFields::texts(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) fail(key, "a list of strings");
  std::vector<std::string> list;
  list.reserve(value->size());
  for (const json& element : *value) {
    if (!element.is_null() && !is_scalar(element))
      fail(key + "[" + std::to_string(list.size()) + "]", "a string");
    list.push_back(scalar_to_text(element));
  }
  return list;
}

std::optional<std::map<std::string, std::string>> JsonFields::text_map(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) fail(key, "a map of strings");
  std::map<std::string, std::string> map;
  for (const auto& [name, entry] : value->items()) {
    if (!entry.is_null() && !is_scalar(entry)) fail(fmt::format("{}.{}", key, name), "a string");
    map.emplace(name, scalar_to_text(entry));
  }
  return map;
}

JsonFields JsonFields::object(const std::string& key) const {
  const json* value = find(key);
  return {value == nullptr ? kNothing : *value, path_of(key)};
}

std::vector<JsonFields> JsonFields::objects(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) fail(key, "a list of objects");
  std::vector<JsonFields> list;
  std::size_t index = 0;
  for (const json& element : *value) {
    const std::string place = path_of(key) + "[" + std::to_string(index++) + "]";
    if (!element.is_null()) list.emplace_back(element, place);
  }
  return list;
}

std::map<std::string, JsonFields> JsonFields::object_map(const std::string& key) const {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_object()) fail(key, "a map of objects");
  std::map<std::string, JsonFields> map;
  for (const auto& [name, entry] : value->items())
    map.emplace(name, JsonFields(entry, path_of(key) + "." + name));
  return map;
}

std::string text_or_empty(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string text_or_empty(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : text_or_empty(*found);
}

}  // namespace cattle::handlers
