// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/ids.hpp"
#include "lab/settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace cattle::lab {

/// One event of a process and what came of it.
struct Step {
  std::string event;
  std::string event_id;
  std::string outcome;  ///< success, error, timeout, rejected, skipped.
  std::string message;
  std::int64_t millis = 0;
};

enum class ProcessState : std::uint8_t { queued, running, waiting, done, failed, cancelled };
[[nodiscard]] const char* to_string(ProcessState state);

struct Process {
  std::int64_t id = 0;
  std::string uuid;
  std::string name;  ///< instance.start
  std::string resource_type;
  std::int64_t resource_id = 0;
  ProcessState state = ProcessState::queued;
  int attempts = 0;
  std::string message;  ///< Why the last attempt ended, when it did not succeed.
  std::vector<Step> steps;
  std::chrono::steady_clock::time_point began;
  Milliseconds took{0};
  bool cancel_asked = false;
  boost::asio::steady_timer* pause = nullptr;  ///< While it waits for its next attempt.

  [[nodiscard]] bool over() const { return state >= ProcessState::done; }
};
[[nodiscard]] nlohmann::json to_json(const Process& process);

/// The attempt timed out: the process is tried again after a while.
class AttemptTimeout : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The attempt failed: the process is tried again after a while.
class AttemptFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The process ends here, without success.
class GivenUp : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The process pool: one process per resource at a time, each attempt a run of the whole body, retries
/// without limit until success, until given up, or until another process cancels it (cattle-protocol 4.3).
class Processes {
 public:
  using Body = std::function<boost::asio::awaitable<void>(Process&)>;
  using Done = std::function<void(const Process&)>;

  Processes(boost::asio::io_context& io, const Settings& settings, Ids& ids)
      : io_(io), settings_(settings), ids_(ids) {}

  std::shared_ptr<Process> schedule(std::string name, std::string type, std::int64_t id, Body body,
                                    Done done = {});
  /// Asks every unfinished process of the resource to end; those that wait for a retry end at once.
  void cancel(const std::string& type, std::int64_t id);
  [[nodiscard]] bool busy(const std::string& type, std::int64_t id) const;
  [[nodiscard]] const std::list<std::shared_ptr<Process>>& all() const { return processes_; }
  [[nodiscard]] Milliseconds retry_wait(int attempt) const;

  std::function<void()> on_change;

 private:
  enum class Verdict : std::uint8_t { done, again, failed };
  boost::asio::awaitable<void> run(std::shared_ptr<Process> process, Body body, Done done);
  boost::asio::awaitable<Verdict> attempt(Process& process, const Body& body);
  boost::asio::awaitable<bool> lock(std::string key);
  boost::asio::awaitable<void> rest(Process& process);
  void unlock(const std::string& key);
  void finish(Process& process, ProcessState state, const Done& done);
  void tell() const;

  boost::asio::io_context& io_;
  const Settings& settings_;
  Ids& ids_;
  std::list<std::shared_ptr<Process>> processes_;
  std::set<std::string> locked_;
  std::multimap<std::string, boost::asio::steady_timer*> lock_waiters_;
  std::int64_t next_id_ = 1'001;
};

}  // namespace cattle::lab
