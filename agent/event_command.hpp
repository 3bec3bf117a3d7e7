// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/options.hpp"

#include <ostream>
#include <string>

namespace cattle::agent {

/// `cattle-agent event FILE`: runs one event through the same routes against the engine and prints the reply
/// to `out`; log lines and progress go to `notes`. FILE holds an event, or a capture ({"event": ...}).
/// Nothing is published.
///
/// `dry_run`: what would change the engine is not sent but printed to `out` (secrets starred) and answered as
/// an engine would, and so are calls to storage drivers, to the server and to scripts of containers; where
/// the rest depends on a change that was not made, it stops there and says so. Returns the exit code.
[[nodiscard]] int event_command(const std::string& file, bool dry_run, const AgentOptions& options,
                                std::ostream& out, std::ostream& notes);

}  // namespace cattle::agent
