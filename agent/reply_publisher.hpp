// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_log.hpp"
#include "agent/work.hpp"
#include "cattle/subscriber/publisher.hpp"

#include <chrono>
#include <stop_token>
#include <string>

namespace cattle::agent {

/// Posts the replies of works. Blocking; any thread.
class ReplyPublisher {
 public:
  /// `server` outlives this.
  explicit ReplyPublisher(const subscriber::Publisher& server) : server_(server) {}

  /// The final reply: at least once, and the same body again while the work's time lasts, which may be
  /// re-armed meanwhile. `log` is told when the server lets one go unanswered.
  [[nodiscard]] subscriber::PublishResult publish(Work& work, const std::string& body, EventLog& log,
                                                  const std::stop_token& stop) const;
  /// One attempt, `limit` long at most; the server waits anew when it was accepted. False when the server
  /// could not be reached at all.
  [[nodiscard]] bool publish_progress(Work& work, const std::string& body, std::chrono::milliseconds limit,
                                      const std::stop_token& stop) const;

 private:
  const subscriber::Publisher& server_;
};

/// For the log: "server answered 201", "gave up after 3 attempts: ...".
[[nodiscard]] std::string describe(const subscriber::PublishResult& result);

}  // namespace cattle::agent
