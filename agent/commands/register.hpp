// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace cattle::agent::commands {

/// For --help: the codes of registration/failure.hpp.
inline constexpr const char* kRegisterCodesHelp =
    "Exit codes: 0 registered; 10 CATTLE_AGENT_IP; 11 the URL is this machine's loopback; 12 server "
    "unreachable; 13 no "
    "registration script; 14 the script belongs to another API root; 15 token revoked, expired or mistyped; "
    "16 refused by "
    "the server; 17 not active in 300 s; 18 TLS; 19 Docker engine; 20 state files; 64 wrong command line.";

/// `cattle-agent register URL` for a plain service: address, registration, credentials stored for `run`
/// (0600), an agent container of this host taken over. May be repeated: the same host gets the same key.
/// Returns an exit code of registration/failure.hpp, having said why on standard error.
[[nodiscard]] int register_service(const std::string& url, const config::Environment& environment);

/// The same for a machine whose identity was set aside because it is a copy of another: no container is
/// touched. `pause` waits between tries and is false to give up; no single request takes longer than five
/// seconds, so that a watchdog can be told in between.
[[nodiscard]] int register_anew(const std::string& url, const config::Environment& environment,
                                const std::function<bool(std::chrono::milliseconds)>& pause);

}  // namespace cattle::agent::commands
