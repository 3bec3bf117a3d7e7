// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/error.hpp"

#include <string>
#include <string_view>

namespace cattle::docker {

/// A call as an error names it.
struct Subject {
  std::string operation;  ///< "POST /containers/{id}/start".
  std::string name;       ///< What stands for the braces, or the image that is pulled; may be empty.
};

/// `message` of the engine's JSON error body; else the body as text; else a sentence with the status. Capped.
[[nodiscard]] std::string message_of(int status, std::string_view body);

/// For every verb but pull: the status decides, except where the text alone tells cases apart.
[[nodiscard]] Error decode_error(const Subject& subject, int status, std::string_view body);

/// For pull: engines answer most registry troubles with 404, 500, or in the stream under 200, so the text
/// goes first.
[[nodiscard]] Error decode_registry_error(const Subject& subject, int status, const std::string& message);

/// The engine refuses our API version and did nothing (it was replaced by another).
[[nodiscard]] bool is_version_refusal(int status, std::string_view body);
/// 409 of a removal: somebody else's is under way.
[[nodiscard]] bool is_removal_in_progress(std::string_view body);
/// Kill found nothing to kill: 409 today, 500 in engines before 17.
[[nodiscard]] bool is_not_running(int status, std::string_view body);

}  // namespace cattle::docker
