// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/client.hpp"

#include <curl/curl.h>

#include <string>

namespace cattle::http {

/// What libcurl's `code` means here. `detail` is its error buffer; credentials are taken out of it.
[[nodiscard]] TransportError make_transport_error(CURL* easy, CURLcode code, const char* detail,
                                                  const ClientOptions& options);

/// "http://host:port" or "unix socket /path": the peer as it may be shown to people.
[[nodiscard]] std::string peer_name(const ClientOptions& options);

}  // namespace cattle::http
