// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/backoff.hpp"

#include <algorithm>

namespace cattle::subscriber {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, std::uint32_t seed)
    : first_(std::max(first, std::chrono::milliseconds(1))),
      most_(std::max(most, first_)),
      step_(first_),
      random_(seed) {
  random_.discard(4);  // The first draws of neighbouring seeds are neighbours too.
}

std::chrono::milliseconds Backoff::next() {
  const auto whole = step_.count();
  std::uniform_int_distribution<std::chrono::milliseconds::rep> wait((whole + 1) / 2, whole);
  step_ = step_ > most_ / 2 ? most_ : step_ * 2;
  return std::chrono::milliseconds(wait(random_));
}

void Backoff::reset() {
  step_ = first_;
}

}  // namespace cattle::subscriber
