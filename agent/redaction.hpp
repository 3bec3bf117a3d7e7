// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace cattle::agent {

/// Stars the secret values of one event in any text: values of environments, of credentials, and of whatever
/// is named like a secret. The last line of defence: engines quote what they were given in their errors. Any
/// thread.
class Redaction {
 public:
  /// `data` outlives this; it is searched when the first text comes, not before.
  explicit Redaction(const nlohmann::json& data) : data_(data) {}
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  const nlohmann::json& data_;
  mutable std::once_flag searched_;
  /// Longest first, so that no part of one is left over by another.
  struct LongestFirst {
    bool operator()(const std::string& left, const std::string& right) const {
      return left.size() != right.size() ? left.size() > right.size() : left < right;
    }
  };
  mutable std::set<std::string, LongestFirst> secrets_;
};

}  // namespace cattle::agent
