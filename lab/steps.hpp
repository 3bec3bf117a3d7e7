// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/agents.hpp"

namespace cattle::lab {

/// What a step does while the agent can't be called (cattle-protocol 4.2 to 4.4).
enum class WhenAway : std::uint8_t {
  fail,       ///< An immediate time-out; a removed agent fails the attempt.
  skip,       ///< Success without an event, for reconnecting, disconnected and removed agents.
  skip_gone,  ///< Success only for a removed agent.
};

/// Sends one event of a process and writes down what came of it.
class Steps {
 public:
  Steps(Agents& agents, Calls& calls, Processes& processes)
      : agents_(agents), calls_(calls), processes_(processes) {}

  /// Success or error; throws AttemptTimeout, and AttemptFailed for a removed agent.
  boost::asio::awaitable<Outcome> send(Process& process, CallSpec spec, WhenAway when_away);

 private:
  Agents& agents_;
  Calls& calls_;
  Processes& processes_;
};

}  // namespace cattle::lab
