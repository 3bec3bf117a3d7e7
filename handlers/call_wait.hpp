// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/call.hpp"

#include <chrono>

namespace cattle::handlers {

/// Sleeps for `duration` on behalf of one event. False when the event was cancelled or its time ended before.
bool wait_for(const docker::Call& call, std::chrono::milliseconds duration);

/// What is left until `deadline` for one request: at most `limit`, and at least the smaller of `least` and
/// `limit`, so that a late event still gets an answer worth reporting.
std::chrono::milliseconds time_left(std::chrono::steady_clock::time_point deadline,
                                    std::chrono::milliseconds least, std::chrono::milliseconds limit);

}  // namespace cattle::handlers
