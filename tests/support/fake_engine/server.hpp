// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_engine/state.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cattle::support {

/// Listens, reads requests, keeps the journal, applies faults, writes answers. A thread for each connection,
/// since verbs such as wait and stop block as they do in an engine.
class FakeEngine::Server {
 public:
  Server(State& state, std::string path);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();
  void stop();
  void set_delay(std::chrono::milliseconds delay) { delay_ms_ = delay.count(); }
  void inject(Fault fault);
  void clear_faults();

  [[nodiscard]] std::vector<EngineCall> calls() const;
  bool wait_for_calls(const std::string& method, const std::string& path_contains, std::size_t count,
                      std::chrono::milliseconds limit) const;
  void clear_calls();
  [[nodiscard]] std::size_t connections() const { return open_; }
  [[nodiscard]] std::size_t accepted() const { return accepted_; }

 private:
  struct Connection;
  class Session;

  void accept_loop(int listener);
  void serve(Connection& connection);
  void reap();
  void record(const EngineCall& call);
  std::optional<Fault> take_fault(const EngineCall& call, std::uint64_t& generation);

  State& state_;
  const std::string path_;
  std::atomic<int> listener_{-1};
  std::atomic<bool> stopping_{true};
  std::atomic<std::int64_t> delay_ms_{0};
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::uint64_t> fault_generation_{
      0};  ///< Grows when faults are cleared: what hangs looks at it.
  mutable std::mutex mutex_;
  mutable std::condition_variable journal_grew_;
  std::deque<Fault> faults_;
  std::vector<EngineCall> journal_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace cattle::support
