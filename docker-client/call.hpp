// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace cattle::docker {

/// One request to the engine, as it is to be logged.
struct CallRecord {
  std::string method;
  std::string path;  ///< Without the version prefix and without query values that could hold a secret.
  int status = 0;    ///< 0: no answer.
  std::chrono::microseconds took{0};
};

/// Travels with every verb: how to cancel it, when it must be over, who wants to know. Copy freely.
struct Call {
  std::stop_token stop;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::function<void(const CallRecord&)>
      observer;  ///< Called on the calling thread after each request; may be empty.
};

}  // namespace cattle::docker
