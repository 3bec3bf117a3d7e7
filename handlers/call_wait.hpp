// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/call.hpp"

#include <chrono>

namespace cattle::handlers {

/// Sleeps for `duration` on behalf of one event. False when the event was cancelled or its time ended before.
bool wait_for(const docker::Call& call, std::chrono::milliseconds duration);

}  // namespace cattle::handlers
