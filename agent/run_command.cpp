// SPDX-License-Identifier: Apache-2.0
#include "agent/run_command.hpp"

#include "agent/agent.hpp"
#include "agent/exit_code.hpp"
#include "agent/memory.hpp"
#include "agent/service_notice.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;

/// systemd's start job ends with the first attempt to subscribe, however that went: an absent server is no
/// failed start.
bool attempted(const Agent& agent) {
  const auto health = agent.health();
  return health.subscribed || health.outage;
}

/// Waits for a signal, and tells systemd that we live. Now and then gives memory back that the start and the
/// link left behind: not in the middle of a burst, whose end sees to it by itself (`on_rest`).
int next_signal(const Signals& signals, const Agent& agent, MemoryReturn& memory, ServiceNotice& notice) {
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
    if (agent.at_rest()) memory.tick();
    trim_at = Clock::now() + kBetweenTrims;
  }
}

/// Destructors would wait for the work that is not to be waited for.
void end_at_once_if_asked(Agent& agent, const Signals& signals, std::chrono::milliseconds limit) {
  const auto number = signals.wait(limit);
  if (!number || *number == Signals::kOwnRequest) return;  // Only a person is in such a hurry.
  agent.log().warn("second signal: ending at once, " + std::to_string(agent.in_work()) +
                   " events are abandoned");
  agent.log().flush(500ms);
  std::_Exit(exit_code::kSignal + *number);
}

/// False when the grace time was too short.
bool let_finish(Agent& agent, std::chrono::milliseconds grace, const Signals& signals,
                ServiceNotice& notice) {
  const auto until = Clock::now() + grace;
  while (Clock::now() < until) {
    if (agent.wait_until_idle(20ms)) return true;
    end_at_once_if_asked(agent, signals, 0ms);
    notice.alive();
  }
  return agent.wait_until_idle(0ms);
}

/// What is told to stop may still take its time, a close frame's answer say, and a second signal counts then,
/// too.
void stop(Agent& agent, const Signals& signals) {
  std::atomic<bool> stopped{false};
  const std::jthread stopping([&] {
    agent.stop();
    stopped = true;
  });
  while (!stopped) end_at_once_if_asked(agent, signals, 5ms);
}

}  // namespace

int run_command(AgentOptions options, const Signals& signals, const std::string& version) {
  ServiceNotice notice(options.notify_socket, options.watchdog_microseconds);
  MemoryReturn memory;  // Outlives the agent, whose workers call it.
  options.dispatcher.on_rest = [&memory](std::size_t events) { memory.rested(events); };
  Agent agent(options);
  agent.start();
  agent.log().info("cattle-agent " + version + " runs as host " + options.host.docker_uuid);
  const int number = next_signal(signals, agent, memory, notice);
  const bool own_request = number == Signals::kOwnRequest;
  if (!own_request) notice.stopping();  // Else the process may go on, and systemd would end it.
  agent.log().info((own_request ? std::string("asked to end") : "signal " + std::to_string(number)) +
                   ": ending, " + std::to_string(agent.in_work()) + " events in work may take " +
                   std::to_string(options.grace.count()) + " ms");
  agent.finish();
  if (!let_finish(agent, options.grace, signals, notice)) {
    agent.log().warn(std::to_string(agent.in_work()) + " events did not end in time and are abandoned");
  }
  stop(agent, signals);
  agent.log().info("ended");
  return own_request ? exit_code::kReplaced : exit_code::kSuccess;
}

}  // namespace cattle::agent
