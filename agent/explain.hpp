// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

namespace cattle::agent {

/// Tells the stories of events from agent.log, its rotated files included (agent.1.log ...), oldest first: of
/// the event with that id (or its beginning, eight characters at least), or of all events that had to do with
/// that container (id, short or long). False when the log knows neither. Throws std::runtime_error when
/// `log_file` can't be read.
[[nodiscard]] bool explain(const std::string& subject, const std::string& log_file, std::ostream& out);

}  // namespace cattle::agent
