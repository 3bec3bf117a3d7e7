// SPDX-License-Identifier: Apache-2.0
#include "docker-client/client.hpp"

#include "docker-client/engine.hpp"

#include <utility>

namespace cattle::docker {

Client::Client(EngineOptions options) : engine_(std::make_unique<Engine>(std::move(options))) {}
Client::~Client() = default;

}  // namespace cattle::docker
