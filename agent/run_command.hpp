// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/options.hpp"
#include "agent/signals.hpp"

#include <string>

namespace cattle::agent {

/// `cattle-agent run`: until a signal, then running work has its grace time. Returns the exit code. A second
/// signal ends the process from here, at once: that is what it asks for.
[[nodiscard]] int run_command(AgentOptions options, const Signals& signals, const std::string& version);

}  // namespace cattle::agent
