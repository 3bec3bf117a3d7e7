// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"
#include "docker-client/http/client.hpp"

namespace cattle::subscriber {

/// How plain requests reach the server that the connection names; base_url is the API root.
/// Throws std::invalid_argument when the connection's url is none.
[[nodiscard]] http::ClientOptions http_options(const Connection& connection);

}  // namespace cattle::subscriber
