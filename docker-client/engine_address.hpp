// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"

namespace cattle::docker {

/// How an engine is reached over HTTP. Throws Error where `options` name none.
[[nodiscard]] http::ClientOptions connection_of(const EngineOptions& options);

}  // namespace cattle::docker
