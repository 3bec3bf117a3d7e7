// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cattle::agent::doctor {

/// What is wrong; the number is the exit code of `cattle-agent doctor` when this is the first finding.
enum class Cause : int {
  none = 0,
  configuration = 30,   ///< A variable is missing or makes no sense.
  address = 31,         ///< No usable address for this host.
  state_file = 32,      ///< A state file is damaged, unreadable or open to others; or none could be made.
  identity_clash = 33,  ///< The state directory belongs to another machine.
  disk_space = 34,
  inodes = 35,
  cgroup = 36,
  kernel_modules = 37,  ///< The running kernel's modules are gone from the disk.
  engine_socket = 38,   ///< Missing, no socket, not permitted, nobody listens.
  engine_answer = 39,   ///< Connected, but no answer, an error or nonsense.
  engine_version = 40,  ///< No API version that both sides accept.
  proxy = 41,
  name_resolution = 42,
  route = 43,                ///< Refused, unreachable, time-out.
  certificate_unknown = 44,  ///< Signed by a CA that is not trusted here.
  certificate_chain = 45,    ///< An intermediate certificate is missing.
  certificate_name = 46,
  certificate_expired = 47,
  certificate_early = 48,  ///< Not yet valid.
  tls = 49,                ///< Another failure of the handshake.
  clock = 50,              ///< This host's clock and the server's differ.
  credentials = 51,        ///< 401.
  agent_gone = 52,         ///< 403, 422: no agent behind the key, or two.
  upgrade_path = 53,       ///< Something on the way does not let a WebSocket through.
  server = 54,             ///< No cattle API answers: 404, 5xx, silence, a redirect, another web server.
  ca_fingerprint = 55  ///< The stored CA, or the one that the server offers, is not that of CA_FINGERPRINT.
};

[[nodiscard]] const char* to_string(Cause cause);

struct Finding {
  Cause cause = Cause::none;
  std::string what;    ///< One line: what was seen.
  std::string remedy;  ///< One line: what to do.
};

using Findings = std::vector<Finding>;

}  // namespace cattle::agent::doctor
