// SPDX-License-Identifier: Apache-2.0
#include "agent/frame_intake.hpp"

#include <exception>
#include <utility>

namespace cattle::agent {

using subscriber::Event;

FrameIntake::FrameIntake(IntakeOptions options, Accept accept, InOrder in_order, AgentLog& log)
    : options_(options),
      accept_(std::move(accept)),
      in_order_(std::move(in_order)),
      log_(log),
      decoder_({1, options.behind}) {}

void FrameIntake::take(std::string frame, Clock::time_point received) {
  const auto size = frame.size();
  try {
    if (size > options_.at_once) return take_large(std::move(frame), received);
    auto event = decode(frame, received);
    if (!event) return;
    if (waiting_ == 0 || !in_order_(*event)) return accept_(std::move(*event));
    enqueue(size, [this, waiting = std::move(*event)] { accept_(waiting); });
  } catch (const std::exception& failure) {
    dropped(size, failure.what());
  }
}

void FrameIntake::take_large(std::string frame, Clock::time_point received) {
  const auto size = frame.size();
  if (waiting_bytes_ + size > options_.waiting) return dropped(size, "too much waits to be decoded");
  enqueue(size, [this, received, large = std::move(frame)] {
    if (auto event = decode(large, received)) accept_(std::move(*event));
  });
}

void FrameIntake::enqueue(std::size_t bytes, std::function<void()> job) {
  ++waiting_;
  waiting_bytes_ += bytes;
  const auto done = [this, bytes] {
    waiting_bytes_ -= bytes;
    --waiting_;
  };
  const bool taken = decoder_.submit([this, bytes, done, run = std::move(job)](const std::stop_token& stop) {
    try {
      if (!stop.stop_requested()) run();
    } catch (const std::exception& failure) {
      dropped(bytes, failure.what());
    }
    done();
  });
  if (taken) return;
  done();
  dropped(bytes, "too many frames wait to be decoded");
}

std::optional<Event> FrameIntake::decode(const std::string& frame, Clock::time_point received) const {
  try {
    return subscriber::decode_event(frame, received);
  } catch (const subscriber::FrameError& failure) {
    dropped(frame.size(), failure.what());
    return std::nullopt;
  }
}

/// By size and cause: the content may hold secrets.
void FrameIntake::dropped(std::size_t bytes, const std::string& cause) const {
  log_.warn("a frame of " + std::to_string(bytes) + " bytes is dropped: " + cause);
}

}  // namespace cattle::agent
