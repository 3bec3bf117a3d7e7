// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "agent/doctor/server_checks.hpp"

namespace cattle::agent::doctor {

/// Where CA_FINGERPRINT is set and no CA is stored yet: fetches the one that the server offers, as
/// registering does, without verification, key or redirect, and says what keeps this host from trusting it.
/// `unknown` is the handshake's finding. Nothing stays stored. One step's time at most.
[[nodiscard]] Finding judge_offered_ca(const ServerTarget& target, const Finding& untrusted);

}  // namespace cattle::agent::doctor
