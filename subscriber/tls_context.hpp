// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/connection.hpp"

#include <boost/asio/ssl/context.hpp>

namespace cattle::subscriber {

/// TLS 1.2 and up, peers verified against the connection's authorities. Costs memory and time: for https
/// only. Throws boost::system::system_error or http::TransportError when the authorities can't be read.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const Connection& connection);

}  // namespace cattle::subscriber
