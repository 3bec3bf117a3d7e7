// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>

namespace cattle::handlers {

/// `data.processData`: how the server's process wants an event to be done.
struct ProcessData {
  bool no_op = false;  ///< `containerNoOpEvent`; only the boolean true counts (H18).
  std::chrono::seconds stop_timeout{
      10};  ///< `timeout`; what isn't a number of seconds counts as absent (B15).
};

/// `data` is the event's. Never throws: both members have a meaning for whatever is there.
[[nodiscard]] ProcessData decode_process_data(const nlohmann::json& data);

}  // namespace cattle::handlers
