// SPDX-License-Identifier: Apache-2.0
#include "agent/run_command.hpp"

#include "agent/agent.hpp"
#include "agent/exit_code.hpp"
#include "agent/memory.hpp"
#include "agent/service_notice.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;

/// systemd's start job ends with the first attempt to subscribe, however that went: an absent server is no
/// failed start.
bool attempted(const Agent& agent) {
  const auto health = agent.health();
  return health.subscribed || health.outage;
}

/// Waits for a signal; now and then gives memory back that a burst left behind, and tells systemd that we
/// live.
int next_signal(const Signals& signals, const Agent& agent, ServiceNotice& notice) {
  constexpr auto kLongest = 60'000ms;
  constexpr auto kBetweenTrims = 10'000ms;
  bool is_ready = !notice.wanted();
  auto trim_at = Clock::now() + 5'000ms;  // The first time soon: starting up leaves some, too.
  for (;;) {
    const auto pause = is_ready ? std::min(notice.interval().value_or(kLongest), kLongest) : 50ms;
    const auto until_trim = std::chrono::duration_cast<std::chrono::milliseconds>(trim_at - Clock::now());
    if (const auto number = signals.wait(std::clamp(until_trim, 1ms, pause))) return *number;
    if (!is_ready && attempted(agent)) {
      notice.ready();
      is_ready = true;
    }
    notice.alive();
    if (Clock::now() < trim_at) continue;
    give_memory_back();
    trim_at = Clock::now() + kBetweenTrims;
  }
}

enum class Ending : std::uint8_t { done, too_slow, second_signal };

Ending let_finish(const Agent& agent, std::chrono::milliseconds grace, const Signals& signals) {
  const auto until = Clock::now() + grace;
  while (Clock::now() < until) {
    if (agent.wait_until_idle(20ms)) return Ending::done;
    if (signals.wait(0ms)) return Ending::second_signal;
  }
  return agent.wait_until_idle(0ms) ? Ending::done : Ending::too_slow;
}

}  // namespace

int run_command(const AgentOptions& options, const Signals& signals, const std::string& version) {
  ServiceNotice notice(options.notify_socket, options.watchdog_microseconds);
  Agent agent(options);
  agent.start();
  agent.log().info("cattle-agent " + version + " runs as host " + options.host.docker_uuid);
  const int number = next_signal(signals, agent, notice);
  notice.stopping();
  const bool own_request = number == Signals::kOwnRequest;
  agent.log().info((own_request ? std::string("asked to end") : "signal " + std::to_string(number)) +
                   ": ending, " + std::to_string(agent.in_work()) + " events in work may take " +
                   std::to_string(options.grace.count()) + " ms");
  agent.finish();
  const auto ending = let_finish(agent, options.grace, signals);
  if (ending == Ending::second_signal) {
    agent.log().warn("second signal: ending at once, " + std::to_string(agent.in_work()) +
                     " events are abandoned");
    agent.log().flush(500ms);
    std::_Exit(exit_code::kSignal +
               number);  // Destructors would wait for the work that was not to be waited for.
  }
  if (ending == Ending::too_slow) {
    agent.log().warn(std::to_string(agent.in_work()) + " events did not end in time and are abandoned");
  }
  agent.stop();
  agent.log().info("ended");
  return own_request ? exit_code::kReplaced : exit_code::kSuccess;
}

}  // namespace cattle::agent
