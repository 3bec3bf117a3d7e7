// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <string>

namespace cattle::lab {

/// What went over the wire, newest last: events as sent, replies as posted. For tests and for people.
class Wire {
 public:
  /// kind: "event" or "reply". `note` says what became of it: sent, dropped, no subscriber; taken, late,
  /// refused.
  void record(const char* kind, std::int64_t account, const nlohmann::json& body, std::string note);
  /// Entries with a number above `after`: {number, time, kind, account, note, body}.
  [[nodiscard]] nlohmann::json since(std::int64_t after) const;
  [[nodiscard]] std::int64_t last() const { return next_ - 1; }

 private:
  static constexpr std::size_t kKept = 20'000;
  std::deque<nlohmann::json> entries_;
  std::int64_t next_ = 1;
};

}  // namespace cattle::lab
