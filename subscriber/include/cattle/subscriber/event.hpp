// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cattle::subscriber {

/// One message of the server's event bus (R12 to R16). Keys that nobody uses may have any type.
struct Event {
  std::string id;
  std::string name;                        ///< Up to the first ';'.
  std::string reply_to;                    ///< Empty when absent or null.
  std::optional<std::string> resource_id;  ///< Echoed verbatim, never rebuilt.
  std::optional<std::string> resource_type;
  nlohmann::json data;                        ///< Object or null.
  nlohmann::json context;                     ///< The server's log context, object or null.
  std::chrono::milliseconds timeout{45'000};  ///< `timeoutMillis`; 45 s when absent (E8).
  std::int64_t time = 0;                      ///< The server's clock, epoch ms; for display only.
  std::chrono::steady_clock::time_point
      received;  ///< When its frame was read: the event's time runs from here.

  /// Somebody waits for an answer: `replyTo` starts with "reply." (R14).
  [[nodiscard]] bool wants_reply() const { return reply_to.starts_with("reply."); }
};

/// The frame is not an event; `what()` names the cause and never the content.
class FrameError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws FrameError. Blank frames are the caller's to skip.
[[nodiscard]] Event decode_event(std::string_view frame, std::chrono::steady_clock::time_point received);

}  // namespace cattle::subscriber
