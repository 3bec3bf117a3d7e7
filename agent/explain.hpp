// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

namespace cattle::agent {

/// Tells the stories of events from agent.log, its rotated files included (agent.1.log ...), oldest first: of
/// the event with that id (or its beginning, eight characters at least), or of all events that had to do with
/// that container: its id (or the beginning), its name or the instance's with or without a slash, or the
/// instance's uuid (or the beginning). Those from before the container was there belong to them. False when
/// the log knows none of these. Throws std::runtime_error when `log_file` can't be read.
[[nodiscard]] bool explain(const std::string& subject, const std::string& log_file, std::ostream& out);

}  // namespace cattle::agent
