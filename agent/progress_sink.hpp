// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_log.hpp"
#include "agent/reply_publisher.hpp"
#include "agent/work.hpp"
#include "handlers/progress.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cattle::agent {

struct ProgressOptions {
  std::chrono::milliseconds refill{1'000};  ///< One more message may be sent after each of these ...
  int burst = 4;  ///< ... and so many at once, so that a quick row of changes stays in order.
  std::chrono::milliseconds repeat{12'000};  ///< The same message again, well inside 15 s (H118).
};

/// Progress of one work, sent to its own reply address and to those of the works that wait for it (joined
/// pulls). A change that comes too soon is held; the latest held one goes out when its time has come. Any
/// thread.
class ProgressSink : public handlers::ProgressSink {
 public:
  using Followers = std::function<std::vector<std::shared_ptr<Work>>()>;

  /// All references outlive this.
  ProgressSink(Work& work, const ReplyPublisher& publisher, EventLog& log, Followers followers,
               ProgressOptions options);

  void report(const std::string& message, std::optional<int> percent) override;
  void report_at_once(const std::string& message, std::optional<int> percent) override;
  void repeat() override;

 private:
  struct Message {
    std::string text;
    std::optional<int> percent;
  };

  void hold(const std::string& message, std::optional<int> percent);
  /// What is to go out now, if anything.
  [[nodiscard]] std::optional<Message> due(Clock::time_point now);
  void send(const Message& message);

  Work& work_;
  const ReplyPublisher& publisher_;
  EventLog& log_;
  const Followers followers_;
  const ProgressOptions options_;
  std::mutex mutex_;
  std::optional<Message> held_;
  std::optional<Message> last_;
  int allowance_;
  Clock::time_point refilled_;
  Clock::time_point sent_;
};

}  // namespace cattle::agent
