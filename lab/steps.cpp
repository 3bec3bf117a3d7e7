// SPDX-License-Identifier: Apache-2.0
#include "lab/steps.hpp"

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

const char* word(Answer answer) {
  switch (answer) {
    case Answer::success:
      return "success";
    case Answer::error:
      return "error";
    case Answer::timeout:
      return "timeout";
  }
  return "unknown";
}

Outcome skipped(Process& process, const std::string& event, const char* why) {
  process.steps.push_back({event, "", "skipped", why, 0});
  Outcome out;
  out.answer = Answer::success;
  out.reply = nlohmann::json::object();
  return out;
}

}  // namespace

asio::awaitable<Outcome> Steps::send(Process& process, CallSpec spec, WhenAway when_away) {
  const std::string event = spec.name;
  if (agents_.gone(spec.agent)) {
    if (when_away != WhenAway::fail) co_return skipped(process, event, "the agent is removed");
    throw AttemptFailed("the agent is removed");
  }
  if (when_away == WhenAway::skip && agents_.away(spec.agent))
    co_return skipped(process, event, "the agent is away");
  if (!agents_.callable(spec.agent)) {
    process.steps.push_back({event, "", "timeout", "the agent is away", 0});
    throw AttemptTimeout("the agent is away");
  }
  const auto sent = Clock::now();
  Outcome outcome = co_await calls_.call(std::move(spec));
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - sent);
  process.steps.push_back({event, outcome.event_id, word(outcome.answer), outcome.message, took.count()});
  if (processes_.on_change) processes_.on_change();
  if (outcome.answer == Answer::timeout) throw AttemptTimeout("no answer to " + event + " in time");
  co_return outcome;
}

}  // namespace cattle::lab
