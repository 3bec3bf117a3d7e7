// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::docker {

/// Reads members of an engine's document: absent and null are the default, a wrong type is
/// Error::bad_response with the JSON path. Refers to the document and to `operation`; both must outlive it.
class Fields {
 public:
  /// Throws bad_response unless `document` is an object or null.
  Fields(const nlohmann::json& document, const std::string& operation, std::string path = "$");

  [[nodiscard]] std::string text(const char* key) const;
  [[nodiscard]] std::int64_t integer(const char* key) const;
  [[nodiscard]] bool flag(const char* key) const;
  [[nodiscard]] std::vector<std::string> texts(const char* key) const;
  [[nodiscard]] std::map<std::string, std::string> text_map(const char* key) const;
  [[nodiscard]] Fields object(const char* key) const;
  /// The array at `key`, an empty one when there is none.
  [[nodiscard]] const nlohmann::json& array(const char* key) const;
  [[nodiscard]] std::vector<std::string> keys(
      const char* key) const;  ///< Names of the members of the object there.

 private:
  [[nodiscard]] const nlohmann::json* find(const char* key) const;
  [[noreturn]] void refuse(const std::string& where, const char* wanted) const;

  const nlohmann::json& document_;
  const std::string& operation_;
  std::string path_;
};

}  // namespace cattle::docker
