// SPDX-License-Identifier: Apache-2.0
#include "agent/progress_sink.hpp"

#include "cattle/subscriber/reply.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace cattle::agent {
namespace {

constexpr std::size_t kMostQueued = 16;

/// Nobody else's progress is heard by the server (R24).
bool server_listens(const subscriber::Event& event) {
  return event.wants_reply() && (event.name == "storage.image.activate" || event.name == "config.update");
}

}  // namespace

ProgressSink::ProgressSink(Work& work, const ReplyPublisher& publisher, EventLog& log, Followers followers,
                           ProgressOptions options, const std::stop_token& stop)
    : work_(work),
      publisher_(publisher),
      log_(log),
      followers_(std::move(followers)),
      options_(options),
      allowance_(options.burst),
      refilled_(Clock::now()),
      sent_(Clock::now()),
      stopped_with_work_(stop, [this] { stop_.request_stop(); }) {}

ProgressSink::~ProgressSink() {
  stop_sender();
}

void ProgressSink::report(const std::string& message, std::optional<int> percent) {
  const std::lock_guard lock(mutex_);
  hold(message, percent);
  queue_due(false);
}

void ProgressSink::report_at_once(const std::string& message, std::optional<int> percent) {
  const std::lock_guard lock(mutex_);
  hold(message, percent);
  allowance_ = std::max(allowance_, 1);
  queue_due(true);
}

void ProgressSink::repeat() {
  const std::lock_guard lock(mutex_);
  queue_due(false);
}

void ProgressSink::finish() {
  {
    std::unique_lock lock(mutex_);
    finished_ = true;
    const auto until = Clock::now() + options_.farewell;
    const auto idle = [this] { return queue_.empty() && !sending_; };
    while (!idle() && Clock::now() < until) {
      const auto moved = [&, before = posted_] { return idle() || posted_ != before; };
      if (!changed_.wait_for(lock, stop_.get_token(), options_.patience, moved)) break;
    }
  }
  stop_sender();
}

void ProgressSink::stop_sender() {
  stop_.request_stop();
  if (sender_.joinable()) sender_.join();
}

void ProgressSink::hold(const std::string& message, std::optional<int> percent) {
  const auto& newest = held_ ? held_ : last_;
  if (!newest || newest->text != message) held_ = Message{message, percent, false, {}};
}

void ProgressSink::queue_due(bool at_once) {
  const auto now = Clock::now();
  auto message = due(now);
  if (!message || finished_ || !somebody_listens() || !start_sender()) return;
  message->at_once = at_once;
  message->queued = now;
  if (queue_.size() == kMostQueued) queue_.pop_front();
  queue_.push_back(std::move(*message));
  changed_.notify_all();
}

std::optional<ProgressSink::Message> ProgressSink::due(Clock::time_point now) {
  const auto refills = (now - refilled_) / options_.refill;
  if (refills > 0) {
    allowance_ = static_cast<int>(std::min<std::int64_t>(options_.burst, allowance_ + refills));
    refilled_ += options_.refill * refills;
  }
  if (held_ && allowance_ > 0) {
    last_ = std::exchange(held_, std::nullopt);
    --allowance_;
  } else if (!last_ || now - sent_ < options_.repeat) {
    return std::nullopt;
  }
  sent_ = now;
  log_.debug("progress: " + last_->text);
  return last_;
}

bool ProgressSink::somebody_listens() const {
  const auto followers = followers_();
  return server_listens(work_.event()) ||
         std::any_of(followers.begin(), followers.end(),
                     [](const auto& follower) { return server_listens(follower->event()); });
}

/// False when the host has no thread left for it.
bool ProgressSink::start_sender() {
  if (sender_.joinable()) return true;
  try {
    sender_ = std::thread([this] { send_queued(stop_.get_token()); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void ProgressSink::send_queued(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !queue_.empty(); }) && !stop.stop_requested()) {
    const auto message = next();
    sending_ = true;
    lock.unlock();
    send(message, stop);
    lock.lock();
    sending_ = false;
    changed_.notify_all();
  }
}

/// A row that came quickly goes out whole; where the server is slower than the work, only the newest counts.
ProgressSink::Message ProgressSink::next() {
  const auto stale = Clock::now() - options_.refill;
  while (queue_.size() > 1 && !queue_.front().at_once && queue_.front().queued < stale) queue_.pop_front();
  Message message = std::move(queue_.front());
  queue_.pop_front();
  return message;
}

void ProgressSink::send(const Message& message, const std::stop_token& stop) {
  // Where the server can't be reached, the others would wait in vain, too; the next message tries again.
  if (server_listens(work_.event()) && !post(work_, message, stop)) return;
  for (const auto& follower : followers_()) {
    if (server_listens(follower->event()) && !post(*follower, message, stop)) return;
  }
}

bool ProgressSink::post(Work& work, const Message& message, const std::stop_token& stop) {
  const bool reached = publisher_.publish_progress(
      work, subscriber::encode_progress(work.event(), message.text, message.percent), options_.answer, stop);
  const std::lock_guard lock(mutex_);
  ++posted_;
  changed_.notify_all();
  return reached;
}

}  // namespace cattle::agent
