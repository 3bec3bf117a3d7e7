// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/image.hpp"

#include <string>

namespace cattle::docker {

/// Value of X-Registry-Auth: URL-safe base64 with padding of the members that are not empty.
/// "https://docker.io" is sent as "https://index.docker.io" (agent: core/image/image.go).
[[nodiscard]] std::string encode_registry_auth(const RegistryAuth& auth);

}  // namespace cattle::docker
