// SPDX-License-Identifier: Apache-2.0
#include "agent/work.hpp"

#include <utility>

namespace cattle::agent {
namespace {

/// How long an accepted reply's answer may travel back to us, generously.
constexpr std::chrono::milliseconds kAnswerTravels{50};

}  // namespace

Work::Work(subscriber::Event event, const handlers::Route& route)
    : event_(std::move(event)),
      route_(route),
      key_(route.key(event_)),
      deadline_(event_.received + event_.timeout) {}

Clock::time_point Work::deadline() const {
  return deadline_.load();
}

void Work::rearm(Clock::time_point now) {
  deadline_ = now + event_.timeout;
}

void Work::sent_again(Clock::time_point now) {
  rearm(now);
  if (publishing_) sent_again_while_publishing_ = now;
}

bool Work::owes_another_answer(Clock::time_point now) const {
  const auto when = sent_again_while_publishing_.load();
  return when != Clock::time_point::min() && now - when < kAnswerTravels;
}

}  // namespace cattle::agent
