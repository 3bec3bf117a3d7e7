// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace cattle::agent::registration {

/// The API root inside a URL: everything up to and with the path segment "v1" or "v2-beta", no trailing
/// slash. nullopt when there is no such segment. A host that is called v1.example.com is left alone (bug L7
/// of the original).
[[nodiscard]] std::optional<std::string> api_root(const std::string& url);

/// http(s)://127.0.0.1 or localhost, which inside a container is never the server (P10).
[[nodiscard]] bool names_this_machine(const std::string& url);

/// `url`, which a server sent, at the scheme and port of `given`, the address that a person typed, where both
/// name the same host and the server's differs by scheme and default port only (S36).
[[nodiscard]] std::string with_origin_of(const std::string& url, const std::string& given);

}  // namespace cattle::agent::registration
