// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_log.hpp"
#include "agent/reply_publisher.hpp"
#include "agent/work.hpp"
#include "handlers/progress.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace cattle::agent {

struct ProgressOptions {
  std::chrono::milliseconds refill{1'000};  ///< One more message may be sent after each of these ...
  int burst = 4;  ///< ... and so many at once, so that a quick row of changes stays in order.
  std::chrono::milliseconds repeat{12'000};  ///< The same message again, well inside 15 s (H118).
  std::chrono::milliseconds answer{5'000};   ///< A server that takes longer for one message gets none of it.
  std::chrono::milliseconds patience{300};   ///< At the end: without an answer for so long, the rest is lost,
  std::chrono::milliseconds farewell{1'000};  ///< and after so long in any case.
};

/// Progress of one work, sent to its own reply address and to those of the works that wait for it (joined
/// pulls). A change that comes too soon is held; the latest held one goes out when its time has come. Best
/// effort: a thread of its own posts, so that a slow server holds up neither the work nor its final reply;
/// the thread begins with the first message. Any thread may report.
class ProgressSink : public handlers::ProgressSink {
 public:
  using Followers = std::function<std::vector<std::shared_ptr<Work>>()>;

  /// All references outlive this. `stop` ends the posting at once.
  ProgressSink(Work& work, const ReplyPublisher& publisher, EventLog& log, Followers followers,
               ProgressOptions options, const std::stop_token& stop);
  ~ProgressSink() override;  ///< What waits is lost.
  ProgressSink(const ProgressSink&) = delete;
  ProgressSink& operator=(const ProgressSink&) = delete;

  void report(const std::string& message, std::optional<int> percent) override;
  void report_at_once(const std::string& message, std::optional<int> percent) override;
  void repeat() override;
  /// Before the final reply: what is on its way may arrive as long as the server answers promptly, and
  /// nothing is sent once this has returned.
  void finish();

 private:
  struct Message {
    std::string text;
    std::optional<int> percent;
    bool at_once = false;
    Clock::time_point queued;
  };

  void hold(const std::string& message, std::optional<int> percent);
  /// Hands over to the sender what is to go out now, if anything.
  void queue_due(bool at_once);
  [[nodiscard]] std::optional<Message> due(Clock::time_point now);
  [[nodiscard]] bool somebody_listens() const;
  [[nodiscard]] bool start_sender();
  void send_queued(const std::stop_token& stop);
  void stop_sender();
  [[nodiscard]] Message next();
  void send(const Message& message, const std::stop_token& stop);
  [[nodiscard]] bool post(Work& work, const Message& message, const std::stop_token& stop);

  Work& work_;
  const ReplyPublisher& publisher_;
  EventLog& log_;
  const Followers followers_;
  const ProgressOptions options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by the mutex
  std::optional<Message> held_;
  std::optional<Message> last_;
  std::deque<Message> queue_;
  unsigned posted_ = 0;
  bool sending_ = false;
  bool finished_ = false;
  int allowance_;
  Clock::time_point refilled_;
  Clock::time_point sent_;

  std::stop_source stop_;
  std::stop_callback<std::function<void()>> stopped_with_work_;
  std::thread sender_;  ///< Stopped by `stop_`, which the work ends too.
};

}  // namespace cattle::agent
