// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace cattle::handlers {

/// Where a handler says what it is doing. Implemented in agent/; turns the arrow round.
/// Rate limit and the repetition at least every 15 s are the sink's business (handlers call repeat() about
/// once a second).
class ProgressSink {
 public:
  ProgressSink() = default;
  virtual ~ProgressSink() = default;
  ProgressSink(const ProgressSink&) = delete;
  ProgressSink& operator=(const ProgressSink&) = delete;

  /// `message` is text for a person; sent when it differs from the last (H117). `percent` 0 to 100 where
  /// known.
  virtual void report(const std::string& message, std::optional<int> percent) = 0;
  /// The same for the few that must not be lost when too much comes at once: never held. What was held before
  /// is out of date then.
  virtual void report_at_once(const std::string& message, std::optional<int> percent) {
    report(message, percent);
  }
  /// "Still at it": lets the sink send the last message again when its time has come (H118). Cheap; call it
  /// often.
  virtual void repeat() = 0;
};

}  // namespace cattle::handlers
