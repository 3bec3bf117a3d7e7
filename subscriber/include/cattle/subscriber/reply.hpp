// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cattle::subscriber {

/// Bodies for the publish collection, in the shapes of R15 to R20: fresh id, name = replyTo, previousIds =
/// [event id], resourceId and resourceType echoed or left out, no null anywhere that the server refuses it.
/// `data` must be an object; an empty one is left out.
[[nodiscard]] std::string encode_reply(const Event& event, const nlohmann::json& data);
/// transitioning "error"; the message goes to both message keys, is never empty and never begins with
/// "class:".
[[nodiscard]] std::string encode_error(const Event& event, std::string_view message);
/// transitioning "yes".
[[nodiscard]] std::string encode_progress(const Event& event, std::string_view message,
                                          std::optional<int> percent);

}  // namespace cattle::subscriber
