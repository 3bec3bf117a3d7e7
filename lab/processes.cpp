// SPDX-License-Identifier: Apache-2.0
#include "lab/processes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

Milliseconds since(Clock::time_point begin) {
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - begin);
}

}  // namespace

const char* to_string(ProcessState state) {
  switch (state) {
    case ProcessState::queued:
      return "queued";
    case ProcessState::running:
      return "running";
    case ProcessState::waiting:
      return "waiting";
    case ProcessState::done:
      return "done";
    case ProcessState::failed:
      return "failed";
    case ProcessState::cancelled:
      return "cancelled";
  }
  return "unknown";
}

nlohmann::json to_json(const Process& process) {
  auto steps = nlohmann::json::array();
  for (const Step& step : process.steps) {
    steps.push_back({{"event", step.event},
                     {"eventId", step.event_id},
                     {"outcome", step.outcome},
                     {"message", step.message},
                     {"millis", step.millis}});
  }
  return {{"id", process.id},
          {"uuid", process.uuid},
          {"name", process.name},
          {"resourceType", process.resource_type},
          {"resourceId", api_id(process.resource_type, process.resource_id)},
          {"state", to_string(process.state)},
          {"attempts", process.attempts},
          {"message", process.message},
          {"millis", (process.over() ? process.took : since(process.began)).count()},
          {"steps", std::move(steps)}};
}

std::shared_ptr<Process> Processes::schedule(std::string name, std::string type, std::int64_t id, Body body,
                                             Done done) {
  auto process = std::make_shared<Process>();
  process->id = next_id_++;
  process->uuid = ids_.uuid();
  process->name = std::move(name);
  process->resource_type = std::move(type);
  process->resource_id = id;
  process->began = Clock::now();
  processes_.push_back(process);
  asio::co_spawn(io_, run(process, std::move(body), std::move(done)), asio::detached);
  return process;
}

void Processes::cancel(const std::string& type, std::int64_t id) {
  for (const auto& process : processes_) {
    if (process->over() || process->resource_type != type || process->resource_id != id) continue;
    process->cancel_asked = true;
    if (process->pause != nullptr) process->pause->cancel();
  }
}

bool Processes::busy(const std::string& type, std::int64_t id) const {
  return std::any_of(processes_.begin(), processes_.end(), [&](const auto& process) {
    return !process->over() && process->resource_type == type && process->resource_id == id;
  });
}

Milliseconds Processes::retry_wait(int attempt) const {
  static constexpr int kLastDoubling = 17;  // Beyond it the wait is the longest one anyway.
  if (attempt > kLastDoubling) return settings_.retry_most;
  const auto doubled = settings_.retry_step.count() * (std::int64_t{1} << std::max(0, attempt - 1));
  return std::min(settings_.retry_most, settings_.retry_base + Milliseconds(doubled));
}

asio::awaitable<void> Processes::run(std::shared_ptr<Process> process, Body body, Done done) {
  const std::string key = process->resource_type + "." + std::to_string(process->resource_id);
  while (true) {
    auto verdict = Verdict::again;
    if (!process->cancel_asked && co_await lock(key)) {
      // Whoever waited for the lock may have been cancelled by its holder.
      if (!process->cancel_asked) verdict = co_await attempt(*process, body);
      unlock(key);
    }
    if (verdict == Verdict::done) co_return finish(*process, ProcessState::done, done);
    if (verdict == Verdict::failed) co_return finish(*process, ProcessState::failed, done);
    if (!process->cancel_asked) co_await rest(*process);
    if (process->cancel_asked) co_return finish(*process, ProcessState::cancelled, done);
  }
}

asio::awaitable<Processes::Verdict> Processes::attempt(Process& process, const Body& body) {
  ++process.attempts;
  process.state = ProcessState::running;
  process.message.clear();
  tell();
  try {
    co_await body(process);
    co_return Verdict::done;
  } catch (const GivenUp& error) {
    process.message = error.what();
    co_return Verdict::failed;
  } catch (const AttemptTimeout& error) {
    process.message = error.what();
  } catch (const AttemptFailed& error) {
    process.message = error.what();
  } catch (const std::exception& error) {
    // A fault of the lab's own: an honest failure beats a process that is retried for ever.
    process.message = std::string("the lab failed: ") + error.what();
    co_return Verdict::failed;
  }
  co_return Verdict::again;
}

asio::awaitable<bool> Processes::lock(std::string key) {
  const auto deadline = Clock::now() + settings_.lock_wait;
  boost::system::error_code error;
  while (locked_.contains(key)) {
    if (Clock::now() >= deadline) co_return false;
    asio::steady_timer timer(io_, deadline);
    const auto waiter = lock_waiters_.emplace(key, &timer);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    lock_waiters_.erase(waiter);
  }
  locked_.insert(key);
  co_return true;
}

void Processes::unlock(const std::string& key) {
  locked_.erase(key);
  const auto [first, last] = lock_waiters_.equal_range(key);
  for (auto it = first; it != last; ++it) it->second->cancel();
}

asio::awaitable<void> Processes::rest(Process& process) {
  process.state = ProcessState::waiting;
  tell();
  asio::steady_timer timer(io_, retry_wait(std::max(1, process.attempts)));
  process.pause = &timer;
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  process.pause = nullptr;
}

void Processes::finish(Process& process, ProcessState state, const Done& done) {
  process.took = since(process.began);
  process.state = state;
  if (done) done(process);
  tell();
}

void Processes::tell() const {
  if (on_change) on_change();
}

}  // namespace cattle::lab
