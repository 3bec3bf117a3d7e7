// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/ids.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::lab {

/// One row of the server's data base: every column by its camelCase name, nulls included
/// (cattle-protocol 5.1). Columns whose name begins with '_' are the lab's own and never leave it.
using Row = nlohmann::json;

/// The server's data base, in memory. Rows are never deleted (the real one purges days later), so pointers
/// stay valid. One thread only, as everything behind lab::Server.
class Store {
 public:
  explicit Store(Ids& ids) : ids_(ids) {}

  /// A new row with every column that the type has, `columns` laid over them.
  Row& add(const std::string& type, const nlohmann::json& columns);
  [[nodiscard]] Row* find(const std::string& type, std::int64_t id);
  [[nodiscard]] Row& at(const std::string& type, std::int64_t id);  ///< Throws std::out_of_range.
  [[nodiscard]] std::vector<Row*> all(const std::string& type);
  [[nodiscard]] std::vector<Row*> where(const std::string& type, const char* column,
                                        const nlohmann::json& value);
  [[nodiscard]] Row* first(const std::string& type, const char* column, const nlohmann::json& value);

  void set_state(Row& row, std::string_view state);  ///< And tells on_change when it differs.
  void set_removed(Row& row);                        ///< State removed, time stamps as the server sets them.
  void changed(const Row& row) const;

  std::function<void(const Row&)> on_change;

 private:
  Ids& ids_;
  std::map<std::string, std::map<std::int64_t, Row>> tables_;
};

[[nodiscard]] std::int64_t now_millis();
[[nodiscard]] std::int64_t id_of(const Row& row);
[[nodiscard]] std::string text(const nlohmann::json& object,
                               const char* key);  ///< Empty unless it is a string.
[[nodiscard]] bool removed(const Row& row);

}  // namespace cattle::lab
