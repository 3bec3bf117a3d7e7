// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "handlers/route.hpp"

#include <atomic>
#include <chrono>

namespace cattle::agent {

using Clock = std::chrono::steady_clock;

/// One event in work, from admission until its reply was accepted or given up. Shared by two owners: the
/// index of ids in work, where a re-send finds it, and whoever queues or runs it. All methods may be called
/// from any thread.
class Work {
 public:
  /// `route` outlives this.
  Work(subscriber::Event event, const handlers::Route& route);

  [[nodiscard]] const subscriber::Event& event() const { return event_; }
  [[nodiscard]] const handlers::Route& route() const { return route_; }
  [[nodiscard]] const handlers::ResourceKey& key() const { return key_; }

  /// Until when the server waits, as far as we know.
  [[nodiscard]] Clock::time_point deadline() const;
  [[nodiscard]] bool expired(Clock::time_point now) const { return deadline() <= now; }
  /// The server waits anew: the id was sent again, or a progress reply was accepted.
  void rearm(Clock::time_point now);

  /// The id came again while this is in work.
  void sent_again(Clock::time_point now);
  void publishing() { publishing_ = true; }
  /// To be asked when the reply was accepted: a re-send that came while the reply travelled may be one of a
  /// server that had the reply already, and such a one must be answered again (R26). A second answer to one
  /// that had not is harmless.
  [[nodiscard]] bool owes_another_answer(Clock::time_point now) const;

 private:
  const subscriber::Event event_;
  const handlers::Route& route_;
  const handlers::ResourceKey key_;
  std::atomic<Clock::time_point> deadline_;
  std::atomic<Clock::time_point> sent_again_while_publishing_{Clock::time_point::min()};
  std::atomic<bool> publishing_{false};
};

}  // namespace cattle::agent
