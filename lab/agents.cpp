// SPDX-License-Identifier: Apache-2.0
#include "lab/agents.hpp"

#include "lab/event_context.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

const json kFullOptions{{"resources", true}, {"stats", true}};

template <std::size_t Count>
bool in_state(const Row* agent, const std::array<std::string_view, Count>& states) {
  if (agent == nullptr) return false;
  const std::string state = text(*agent, "state");
  return std::find(states.begin(), states.end(), state) != states.end();
}

}  // namespace

Row& Agents::add(std::int64_t project, const std::string& registration_uuid) {
  const std::int64_t account = p_.accounts.add_account("agent", "");
  Row& agent = p_.store.add("agent", {{"kind", "registeredAgent"},
                                      {"uri", "event://" + registration_uuid},
                                      {"managedConfig", true},
                                      {"accountId", account},
                                      {"state", "registering"},
                                      {"data", {{"agentResourcesAccountId", project}}}});
  p_.store.at("account", account)["uuid"] = "agentAccount" + std::to_string(id_of(agent));
  return agent;
}

void Agents::set_state(Row& agent, const char* state) {
  p_.store.set_state(agent, state);
  for (Row* host : p_.store.where("host", "agentId", agent.at("id"))) {
    (*host)["agentState"] = state;
    p_.store.changed(*host);
  }
}

void Agents::activate(Row& agent) {
  set_state(agent, "activating");
  if (on_activating) on_activating(agent);
  asio::co_spawn(p_.io, activation_ping(id_of(agent)), asio::detached);
  // The process does not wait for the answer: an agent is active at once, connected or not.
  set_state(agent, "active");
}

void Agents::deactivate(Row& agent) {
  p_.processes.cancel("agent", id_of(agent));
  set_state(agent, "inactive");
}

void Agents::remove(Row& agent) {
  deactivate(agent);
  p_.accounts.revoke(agent.at("accountId").get<std::int64_t>());
  p_.store.set_removed(agent);
}

bool Agents::callable(std::int64_t agent) {
  static constexpr std::array<std::string_view, 3> kStates{"activating", "active", "reconnecting"};
  return in_state(p_.store.find("agent", agent), kStates);
}

bool Agents::away(std::int64_t agent) {
  static constexpr std::array<std::string_view, 3> kStates{"reconnecting", "disconnecting", "disconnected"};
  return in_state(p_.store.find("agent", agent), kStates);
}

bool Agents::gone(std::int64_t agent) {
  const Row* row = p_.store.find("agent", agent);
  return row == nullptr || removed(*row);
}

std::optional<std::int64_t> Agents::resolve(const Caller& caller, AgentRefusal& refusal) {
  static constexpr std::array<std::string_view, 7> kUsable{
      "activating",          "active",     "reconnecting", "disconnected", "disconnecting",
      "finishing-reconnect", "reconnected"};
  std::vector<Row*> usable;
  for (Row* agent : p_.store.where("agent", "accountId", caller.account)) {
    if (in_state(agent, kUsable)) usable.push_back(agent);
  }
  if (usable.size() == 1) {
    static constexpr std::array<std::string_view, 2> kLost{"disconnected", "disconnecting"};
    if (in_state(usable.front(), kLost)) reconnect(*usable.front());
    return id_of(*usable.front());
  }
  refusal =
      usable.empty() ? AgentRefusal{403, "Forbidden", ""} : AgentRefusal{422, "MissingRequired", "agentId"};
  return std::nullopt;
}

CallSpec Agents::ping_spec(std::int64_t agent, json options, Milliseconds timeout) const {
  CallSpec spec;
  spec.name = "ping";
  spec.agent = agent;
  spec.resource_type = "agent";
  spec.resource_id = api_id("agent", agent);
  spec.data = {{"options", std::move(options)}, {"resources", json::array()}};
  spec.timeout = timeout;
  return spec;
}

asio::awaitable<void> Agents::activation_ping(std::int64_t agent) {
  CallSpec spec = ping_spec(agent, kFullOptions, p_.settings.activate_ping_timeout);
  spec.sends = p_.settings.activate_ping_tries;
  spec.context = loose_context("agent.activate", "AgentActivate", "agent", agent);
  const Outcome outcome = co_await p_.calls.call(std::move(spec));
  if (outcome.answer == Answer::success && on_pong) on_pong(p_.store.at("agent", agent), outcome.reply);
}

void Agents::start_monitor() {
  asio::co_spawn(p_.io, monitor(), asio::detached);
}

asio::awaitable<void> Agents::monitor() {
  asio::steady_timer timer(p_.io);
  boost::system::error_code error;
  for (int iteration = 1;; ++iteration) {
    timer.expires_after(p_.settings.ping_schedule);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    json options = json::object();
    const Settings& s = p_.settings;
    if (s.ping_instances_every > 0 && iteration % s.ping_instances_every == 0) options["instances"] = true;
    if (s.ping_resources_every > 0 && iteration % s.ping_resources_every == 0) options["resources"] = true;
    if (s.ping_stats_every > 0 && iteration % s.ping_stats_every == 0) options["stats"] = true;
    for (Row* agent : p_.store.where("agent", "state", "active")) {
      asio::co_spawn(p_.io, ping(id_of(*agent), options), asio::detached);
    }
  }
}

asio::awaitable<void> Agents::ping(std::int64_t agent, json options) {
  const Outcome outcome =
      co_await p_.calls.call(ping_spec(agent, std::move(options), p_.settings.ping_timeout));
  if (outcome.answer != Answer::success) {
    missed(agent);
    co_return;
  }
  misses_.erase(agent);
  if (on_pong) on_pong(p_.store.at("agent", agent), outcome.reply);
}

void Agents::missed(std::int64_t agent) {
  Misses& misses = misses_[agent];
  if (Clock::now() - misses.touched > p_.settings.ping_timeout) misses.count = 0;
  misses.touched = Clock::now();
  ++misses.count;
  Row& row = p_.store.at("agent", agent);
  if (misses.count >= p_.settings.ping_failures && row.at("state") == "active") {
    misses_.erase(agent);
    reconnect(row);
  }
}

void Agents::reconnect(Row& agent) {
  if (agent.at("state") == "reconnecting") return;
  set_state(agent, "reconnecting");
  if (on_activating) on_activating(agent);
  const std::int64_t id = id_of(agent);
  const auto began = Clock::now();
  p_.processes.schedule("agent.reconnect", "agent", id, [this, id, began](Process& process) {
    return reconnect_attempt(process, id, began);
  });
}

asio::awaitable<void> Agents::reconnect_attempt(Process& process, std::int64_t agent,
                                                Clock::time_point began) {
  CallSpec spec = ping_spec(agent, kFullOptions, p_.settings.activate_ping_timeout);
  spec.sends = p_.settings.activate_ping_tries;
  spec.context = context_of(process, "AgentReconnect");
  const auto sent = Clock::now();
  const Outcome outcome = co_await p_.calls.call(std::move(spec));
  Row& row = p_.store.at("agent", agent);
  const bool answered = outcome.answer == Answer::success;
  process.steps.push_back({"ping", outcome.event_id, answered ? "success" : "timeout", outcome.message,
                           std::chrono::duration_cast<Milliseconds>(Clock::now() - sent).count()});
  if (process.cancel_asked) co_return;
  if (!answered) {
    if (Clock::now() - began <= p_.settings.disconnect_after)
      throw AttemptTimeout("the agent does not answer");
    disconnect(row);
    throw GivenUp("the agent did not come back in time");
  }
  misses_.erase(agent);
  set_state(row, "reconnected");
  set_state(row, "finishing-reconnect");
  set_state(row, "active");
  if (on_activating) on_activating(row);
  if (on_pong) on_pong(row, outcome.reply);
}

void Agents::disconnect(Row& agent) {
  set_state(agent, "disconnecting");
  set_state(agent, "disconnected");
}

}  // namespace cattle::lab
