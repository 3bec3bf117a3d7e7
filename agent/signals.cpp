// SPDX-License-Identifier: Apache-2.0
#include "agent/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <ctime>

namespace cattle::agent {

Signals::Signals() {
  sigemptyset(&wanted_);
  sigaddset(&wanted_, SIGTERM);
  sigaddset(&wanted_, SIGINT);
  sigaddset(&wanted_, kOwnRequest);
  ::pthread_sigmask(SIG_BLOCK, &wanted_, &before_);
  std::signal(SIGPIPE, SIG_IGN);
}

void Signals::request() {
  ::kill(::getpid(), kOwnRequest);
}

Signals::~Signals() {
  // One that came when all was over would be delivered with the old mask, and turn a good end into a death by
  // signal.
  while (wait(std::chrono::milliseconds(0))) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Signals::wait(std::chrono::milliseconds limit) const {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = until - std::chrono::steady_clock::now();
    const auto nanoseconds = left.count() > 0 ? std::chrono::nanoseconds(left).count() : 0;
    const timespec timeout{static_cast<std::time_t>(nanoseconds / 1'000'000'000),
                           nanoseconds % 1'000'000'000};
    const int number = ::sigtimedwait(&wanted_, nullptr, &timeout);
    if (number > 0) return number;
    if (nanoseconds == 0)
      return std::nullopt;  // Else another signal, a debugger's say, ended the wait early.
  }
}

}  // namespace cattle::agent
