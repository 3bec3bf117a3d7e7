// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::handlers {

/// The one reading of whole numbers: an integer, a float (cut towards zero), or a string of digits that fits;
/// else nullopt.
[[nodiscard]] std::optional<std::int64_t> whole_number(const nlohmann::json& value);

/// Text as an engine, a plugin or another program wrote it, where anything else is as good as nothing: empty
/// for what is no string, and for a member that is not there.
[[nodiscard]] std::string text_or_empty(const nlohmann::json& value);
[[nodiscard]] std::string text_or_empty(const nlohmann::json& object, const char* key);

/// The one reading rule for what the server sends: absent and null mean "default", unknown keys are ignored,
/// a value of another type is a RequestError with the JSON path of the value
/// ("data.instanceHostMap.instance.uuid: expected a string").
///
/// Where servers of different age write one thing in two ways both are taken: a number where text goes into a
/// string map or a string list (`A: 5` is "5", S47), digits in a string where a number is expected, a float
/// for a whole number (cut towards zero).
///
/// A view: the document must outlive it. Nothing is read before it is asked for, so a field that nobody uses
/// can't fail.
class JsonFields {
 public:
  /// `object` may be null (every field is absent then); anything but an object is a RequestError for `path`.
  JsonFields(const nlohmann::json& object, std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;
  /// The object itself, or a null document.
  [[nodiscard]] const nlohmann::json& document() const { return *object_; }

  /// Present and not null.
  [[nodiscard]] bool has(const std::string& key) const { return find(key) != nullptr; }
  /// The value as it is, or nullptr when absent or null.
  [[nodiscard]] const nlohmann::json* find(const std::string& key) const;

  [[nodiscard]] std::string text(const std::string& key) const;  ///< "" by default.
  [[nodiscard]] std::string scalar_text(
      const std::string& key) const;                      ///< As text, and numbers and booleans too (ids).
  [[nodiscard]] bool flag(const std::string& key) const;  ///< false by default.
  [[nodiscard]] std::optional<bool> optional_flag(const std::string& key) const;
  [[nodiscard]] std::int64_t integer(const std::string& key) const;  ///< 0 by default.
  [[nodiscard]] std::optional<std::int64_t> optional_integer(const std::string& key) const;
  /// As integer(), but a number outside of these bounds is a RequestError, too.
  [[nodiscard]] std::int64_t integer_within(const std::string& key, std::int64_t lowest,
                                            std::int64_t highest) const;

  /// nullopt: absent or null. Scalars are stringified, a null element is "".
  [[nodiscard]] std::optional<std::vector<std::string>> texts(const std::string& key) const;
  /// nullopt: absent or null. Scalars are stringified, a null value is "".
  [[nodiscard]] std::optional<std::map<std::string, std::string>> text_map(const std::string& key) const;

  /// The object below `key`; a view on nothing when absent.
  [[nodiscard]] JsonFields object(const std::string& key) const;
  /// The elements of a list of objects; null elements are left out, a missing list is empty.
  [[nodiscard]] std::vector<JsonFields> objects(const std::string& key) const;
  /// The values of a map of objects, by key. Null values are views on nothing.
  [[nodiscard]] std::map<std::string, JsonFields> object_map(const std::string& key) const;

  /// RequestError that names the path of `key` and what was expected there ("a number").
  [[noreturn]] void fail(const std::string& key, std::string_view expected) const;

 private:
  const nlohmann::json* object_;
  std::string path_;
};

}  // namespace cattle::handlers
