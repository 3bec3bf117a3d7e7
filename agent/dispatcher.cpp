// SPDX-License-Identifier: Apache-2.0
#include "agent/dispatcher.hpp"

#include "agent/answer.hpp"
#include "agent/event_log.hpp"
#include "agent/registration/upgrade.hpp"

#include <utility>

namespace cattle::agent {
namespace {

using handlers::Admission;
using subscriber::Event;
using subscriber::PublishResult;

constexpr std::size_t kUnknownNamesRemembered = 64;

std::string milliseconds_since(Clock::time_point start) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count()) +
         " ms";
}

bool is_ping(const Work& work) {
  return work.route().admission == Admission::ping;
}

EventLog log_of(AgentLog& log, const Work& work) {
  return {log, work.event(), work.key(), is_ping(work)};
}

}  // namespace

Dispatcher::Dispatcher(const Router& router, const ReplyPublisher& publisher, AgentLog& log,
                       DispatcherOptions options)
    : router_(router),
      publisher_(publisher),
      log_(log),
      options_(std::move(options)),
      queue_(options_.queue),
      workers_(settling(options_.workers), [this] { settled(); }),
      immediate_(settling(options_.immediate), [this] { settled(); }),
      prompt_(settling(options_.prompt), [this] { settled(); }),
      pings_(settling(options_.pings), [this] { settled(); }),
      intake_(
          options_.intake, [this](Event event) { accept(std::move(event)); },
          [this](const Event& event) { return in_order(event); }, log) {}

Dispatcher::~Dispatcher() {
  stop();
}

void Dispatcher::frame(std::string text, Clock::time_point received) {
  intake_.take(std::move(text), received);
}

PoolOptions Dispatcher::settling(PoolOptions pool) const {
  pool.settled = options_.rest;
  return pool;
}

/// Of the threads of a burst the last one finds that nothing is in work; those before it leave it to that
/// one.
void Dispatcher::settled() {
  if (!options_.on_rest) return;
  if (const auto events = ids_.came_to_rest(options_.rest); events > 0) options_.on_rest(events);
}

/// Only what works on one thing after the other has an order to keep.
bool Dispatcher::in_order(const Event& event) const {
  const auto* route = router_.find(event.name);
  return route != nullptr && (route->admission == Admission::queued || route->admission == Admission::joined);
}

void Dispatcher::accept(Event event) {
  const auto* route = router_.find(event.name);
  if (route == nullptr) return unknown(event);
  // The server's keep-alive: its arrival is all there is to it (E2).
  if (route->admission == Admission::ping && !event.wants_reply()) return;
  const auto work = std::make_shared<Work>(std::move(event), *route);
  if (!ids_.enter(work, Clock::now())) {
    log_of(log_, *work).debug("sent again while in work: its time starts anew");
    return;
  }
  admit(work);
}

void Dispatcher::unknown(const Event& event) {
  const std::lock_guard lock(unknown_mutex_);
  if (unknown_names_.size() >= kUnknownNamesRemembered || !unknown_names_.insert(event.name).second) return;
  log_.warn("events named " + one_line(event.name, 128) + " are not known here and get no answer");
}

void Dispatcher::admit(const std::shared_ptr<Work>& work) {
  if (closed_) return drop(*work, "the agent is ending");
  switch (work->route().admission) {
    case Admission::ping:
      return hand_to(pings_, work, "");
    case Admission::prompt:
      return hand_to(prompt_, work, "");
    case Admission::immediate:
      return hand_to(immediate_, work, "");
    case Admission::queued:
    case Admission::joined:
      return admit_queued(work);
  }
}

void Dispatcher::admit_queued(const std::shared_ptr<Work>& work) {
  using Verdict = ResourceQueue::Verdict;
  const auto admission = queue_.admit(work, Clock::now());
  for (const auto& expired : admission.expired) drop(*expired, "its time was over before its turn came");
  switch (admission.verdict) {
    case Verdict::run:
      return hand_to(workers_, work, "");
    case Verdict::wait:
      return taken(*work, ", waits behind " + std::to_string(admission.ahead) + " for " + work->key().key);
    case Verdict::key_full:
      return drop(*work, "too many wait for " + work->key().key);
    case Verdict::full:
      return drop(*work, "too many events wait");
    case Verdict::closed:
      return drop(*work, "the agent is ending");
  }
}

void Dispatcher::hand_to(WorkerPool& pool, const std::shared_ptr<Work>& work, const std::string& note) {
  taken(*work, note);
  if (pool.submit([this, work](const std::stop_token& stop) { run(work, stop); })) return;
  drop(*work, "too many events wait for a worker");
  if (&pool == &workers_) release_next(*work);
}

void Dispatcher::run(const std::shared_ptr<Work>& work, const std::stop_token& stop) {
  const bool queued =
      work->route().admission == Admission::queued || work->route().admission == Admission::joined;
  if (stop.stop_requested()) {
    drop(*work, "the agent is ending");
  } else if (work->route().admission != Admission::joined && work->expired(Clock::now())) {
    drop(*work, "its time was over before a worker was free");
  } else {
    handle(work, stop);
  }
  if (queued) release_next(*work);
}

void Dispatcher::handle(const std::shared_ptr<Work>& work, const std::stop_token& stop) {
  const auto begun = Clock::now();
  EventLog log = log_of(log_, *work);
  if (begun - work->event().received > std::chrono::milliseconds(100)) {
    log.debug("begins after " + milliseconds_since(work->event().received));
  }
  ProgressSink progress(
      *work, publisher_, log, [this, &work] { return queue_.followers(*work); }, options_.progress, stop);
  docker::Call call;
  call.stop = stop;
  call.observer = [&log](const docker::CallRecord& record) { log.call(record); };
  handlers::Context context{progress, log, std::move(call), work->deadline()};

  const auto made = answer(work->event(), work->route(), context,
                           [&log](const std::string& text) { return log.redacted(text); });
  progress.finish();
  const std::string outcome = made.error.empty() ? "ok" : "error: " + made.error;
  const auto worked = milliseconds_since(begun);
  if (!made.body || !work->event().wants_reply()) {
    const auto line = "done, no reply: " + outcome + " in " + worked;
    made.error.empty() ? log.info(line) : log.warn(line);
    ids_.leave(*work);
    return;
  }
  const auto result = publisher_.publish(*work, *made.body, log, stop);
  const auto line = "answered: " + outcome + " in " + worked + ", " + describe(result);
  const bool accepted = result.kind == PublishResult::Kind::accepted;
  accepted ? log.info(line) : log.warn(line);
  if (accepted && is_ping(*work)) ping_was_answered();
  const auto now = Clock::now();
  const bool again = accepted && work->owes_another_answer(now);
  ids_.leave(*work);
  if (!again) return;
  Event repeated = work->event();
  repeated.received = now;
  accept(std::move(repeated));
}

void Dispatcher::ping_was_answered() {
  // An upgrade's probation waits for this line.
  std::call_once(first_ping_, [this] { log_.info(std::string(registration::kAnsweredLine)); });
}

void Dispatcher::release_next(const Work& finished) {
  const auto released = queue_.finished(finished, Clock::now());
  for (const auto& expired : released.expired) drop(*expired, "its time was over before its turn came");
  for (const auto& next : released.run) {
    if (workers_.submit([this, next](const std::stop_token& stop) { run(next, stop); })) continue;
    drop(*next, "the agent is ending");
    release_next(*next);
  }
}

void Dispatcher::drop(const Work& work, std::string_view reason) {
  log_of(log_, work).dropped(reason);
  ids_.leave(work);
}

void Dispatcher::taken(const Work& work, const std::string& note) {
  log_of(log_, work).taken(note);
}

void Dispatcher::close() {
  closed_ = true;
  for (const auto& dropped : queue_.close()) drop(*dropped, "the agent is ending");
}

bool Dispatcher::wait_until_idle(std::chrono::milliseconds limit) const {
  return ids_.wait_until_empty(limit);
}

void Dispatcher::stop() {
  close();
  intake_.stop();
  pings_.stop();
  prompt_.stop();
  immediate_.stop();
  workers_.stop();
}

}  // namespace cattle::agent
