// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace cattle::handlers {

/// The engine's own words, or the whole sentence where it said nothing.
[[nodiscard]] std::string engine_text(const docker::Error& error);

/// What of a create body an engine's refusal can be about, by name: image, ports, mounts, network. Never the
/// environment. "image busybox:1, ports 0.0.0.0:8080->80/tcp, mounts /a:/b:ro, network container:web"
[[nodiscard]] std::string named_settings(const nlohmann::json& create_body);

}  // namespace cattle::handlers
