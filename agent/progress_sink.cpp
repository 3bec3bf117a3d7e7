// SPDX-License-Identifier: Apache-2.0
#include "agent/progress_sink.hpp"

#include "cattle/subscriber/reply.hpp"

#include <algorithm>
#include <utility>

namespace cattle::agent {
namespace {

/// Nobody else's progress is heard by the server (R24).
bool server_listens(const subscriber::Event& event) {
  return event.wants_reply() && (event.name == "storage.image.activate" || event.name == "config.update");
}

}  // namespace

ProgressSink::ProgressSink(Work& work, const ReplyPublisher& publisher, EventLog& log, Followers followers,
                           ProgressOptions options)
    : work_(work),
      publisher_(publisher),
      log_(log),
      followers_(std::move(followers)),
      options_(options),
      allowance_(options.burst),
      refilled_(Clock::now()),
      sent_(Clock::now()) {}

void ProgressSink::report(const std::string& message, std::optional<int> percent) {
  std::optional<Message> out;
  {
    const std::lock_guard lock(mutex_);
    hold(message, percent);
    out = due(Clock::now());
  }
  if (out) send(*out);
}

void ProgressSink::report_at_once(const std::string& message, std::optional<int> percent) {
  std::optional<Message> out;
  {
    const std::lock_guard lock(mutex_);
    hold(message, percent);
    allowance_ = std::max(allowance_, 1);
    out = due(Clock::now());
  }
  if (out) send(*out);
}

void ProgressSink::hold(const std::string& message, std::optional<int> percent) {
  const auto& newest = held_ ? held_ : last_;
  if (!newest || newest->text != message) held_ = Message{message, percent};
}

void ProgressSink::repeat() {
  std::optional<Message> out;
  {
    const std::lock_guard lock(mutex_);
    out = due(Clock::now());
  }
  if (out) send(*out);
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
  return last_;
}

/// Without the lock: a slow server must not hold up who reports next.
void ProgressSink::send(const Message& message) {
  log_.debug("progress: " + message.text);
  std::vector<std::shared_ptr<Work>> followers = followers_();
  const auto send_to = [&](Work& work) {
    if (!server_listens(work.event())) return true;
    return publisher_.publish_progress(
        work, subscriber::encode_progress(work.event(), message.text, message.percent));
  };
  // Where the server can't be reached, the others would wait in vain, too; the next message tries again.
  if (!send_to(work_)) return;
  for (const auto& follower : followers) {
    if (!send_to(*follower)) return;
  }
}

}  // namespace cattle::agent
