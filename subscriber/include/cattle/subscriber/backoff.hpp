// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace cattle::subscriber {

/// Doubling, jittered wait: each delay is drawn from [half, whole] of the current step. Not thread safe.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most,
          std::uint32_t seed = std::random_device{}());
  [[nodiscard]] std::chrono::milliseconds next();
  void reset();

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds step_;
  std::minstd_rand random_;
};

}  // namespace cattle::subscriber
