// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/container.hpp"
#include "docker-client/types/engine.hpp"
#include "docker-client/types/image.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace cattle::docker {

// Each takes the engine's parsed document and, where the type has `raw`, moves it there. `operation` names
// the call in the bad_response that a wrong type throws.

[[nodiscard]] ContainerSummary decode_container_summary(nlohmann::json document,
                                                        const std::string& operation);
[[nodiscard]] Container decode_container(nlohmann::json document, const std::string& operation);
[[nodiscard]] CreatedContainer decode_created_container(const nlohmann::json& document,
                                                        const std::string& operation);
[[nodiscard]] Image decode_image(nlohmann::json document, const std::string& operation);
[[nodiscard]] Info decode_info(nlohmann::json document, const std::string& operation);
[[nodiscard]] Version decode_version(const nlohmann::json& document, const std::string& operation);
[[nodiscard]] Volume decode_volume(nlohmann::json document, const std::string& operation);
[[nodiscard]] EngineEvent decode_event(const nlohmann::json& document, const std::string& operation);

}  // namespace cattle::docker
