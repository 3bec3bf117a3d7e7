// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace cattle::agent::registration {

/// Exit codes of `cattle-agent register`. The image's entry point makes 1 of all but `done`, as the stock
/// image does.
enum class Outcome : int {
  done = 0,
  usage = 64,                ///< As of every command: no URL, a line break in a setting, no http proxy.
  bad_address = 10,          ///< CATTLE_AGENT_IP is not usable (P9).
  local_url = 11,            ///< The URL names this machine's loopback (P10).
  unreachable = 12,          ///< No answer from the server in the time (P11).
  bad_script = 13,           ///< What the URL gave is no registration script (P13).
  url_mismatch = 14,         ///< The script's CATTLE_URL belongs to another API root (P14).
  token_refused = 15,        ///< 404 with the server's JSON error: token revoked, expired or mistyped.
  registration_failed = 16,  ///< The server's register object ended in an error (P17).
  too_long = 17,             ///< Registration did not become active in 300 s (P16).
  tls = 18,                  ///< Certificate or handshake.
  engine = 19,               ///< The Docker engine refused a step.
  state = 20                 ///< A state file can't be read, written or trusted.
};

/// One sentence for a person, and the exit code that goes with it. Never carries a secret.
class Failure : public std::runtime_error {
 public:
  Failure(Outcome outcome, const std::string& what, std::string remedy = {})
      : std::runtime_error(what), outcome_(outcome), remedy_(std::move(remedy)) {}
  [[nodiscard]] Outcome outcome() const { return outcome_; }
  /// Where only this one will do, and no general advice; empty elsewhere.
  [[nodiscard]] const std::string& remedy() const { return remedy_; }

 private:
  Outcome outcome_;
  std::string remedy_;
};

}  // namespace cattle::agent::registration
