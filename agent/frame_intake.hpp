// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/log.hpp"
#include "agent/work.hpp"
#include "agent/worker_pool.hpp"
#include "cattle/subscriber/event.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <string>

namespace cattle::agent {

struct IntakeOptions {
  std::size_t at_once = 1U << 20U;    ///< Bytes; what is larger is decoded beside the network thread.
  std::size_t waiting = 256U << 20U;  ///< Bytes of larger frames that wait to be decoded, at most.
  std::size_t behind = 16'384;        ///< Frames that wait for a larger one before them, at most.
};

/// Turns frames into events, in order. A frame of 64 MiB takes seconds to decode, in which the network thread
/// would send no pings and the server would take us for dead: large ones are decoded by a thread that is
/// there only while there are any, and what must not overtake them waits behind them.
class FrameIntake {
 public:
  using Accept = std::function<void(subscriber::Event)>;
  using InOrder = std::function<bool(const subscriber::Event&)>;

  /// `accept` gets each event, on the network thread or the decoder's; `in_order` tells whether an event may
  /// overtake none. `log` outlives this.
  FrameIntake(IntakeOptions options, Accept accept, InOrder in_order, AgentLog& log);

  /// On the network thread only. Never blocks and never throws. What is no event is dropped with a line.
  void take(std::string frame, Clock::time_point received);
  /// What still waits is dropped. Waits for the frame that is being decoded.
  void stop() { decoder_.stop(); }

 private:
  [[nodiscard]] std::optional<subscriber::Event> decode(const std::string& frame,
                                                        Clock::time_point received) const;
  void take_large(std::string frame, Clock::time_point received);
  void enqueue(std::size_t bytes, std::function<void()> job);
  void dropped(std::size_t bytes, const std::string& cause) const;

  const IntakeOptions options_;
  const Accept accept_;
  const InOrder in_order_;
  AgentLog& log_;
  std::atomic<std::size_t> waiting_{0};  ///< Jobs of the decoder.
  std::atomic<std::size_t> waiting_bytes_{0};
  WorkerPool decoder_;
};

}  // namespace cattle::agent
