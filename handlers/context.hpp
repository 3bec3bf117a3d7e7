// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/call.hpp"
#include "handlers/progress.hpp"

#include <chrono>
#include <stop_token>
#include <string_view>

namespace cattle::handlers {

/// Log lines of one event: the implementation (agent/) puts the event's id, name and, once known, the
/// container before each.
class EventLog {
 public:
  EventLog() = default;
  virtual ~EventLog() = default;
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  virtual void debug(std::string_view message) = 0;
  virtual void info(std::string_view message) = 0;
  virtual void warn(std::string_view message) = 0;
  /// From here on lines carry this container (docker id; shown in its short form).
  virtual void container(std::string_view docker_id) = 0;
};

/// What one event's work gets beside the event. Lives as long as the handler's call; used on that thread
/// only, except `progress`, which may be called from any thread.
struct Context {
  ProgressSink& progress;
  EventLog& log;
  docker::Call call;  ///< Pass to every engine call: stop token, observer (which logs the call).
  /// Until when the server waits for the reply, as far as is known when the work begins: bounds what only
  /// waits. No bound of the engine's calls, since work that has begun is never cut short: the next event must
  /// find it done.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

}  // namespace cattle::handlers
