// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

namespace cattle::agent {

struct PoolOptions {
  std::size_t threads = 64;               ///< At most.
  std::size_t waiting = 1'024;            ///< Jobs that wait for a thread, at most.
  std::chrono::milliseconds idle{3'000};  ///< A thread without work for so long ends.
  std::chrono::milliseconds settled{
      300};  ///< A thread without work for so long says so, where it is listened to.
};

/// Threads that run blocking jobs. None exists while there is nothing to do, since idle threads cost memory;
/// one is started whenever a job waits and no thread is idle. Any thread may submit.
class WorkerPool {
 public:
  /// Must not throw. The token asks it to end early; a job that still waits at stop() is called once, with it
  /// stopped.
  using Job = std::function<void(const std::stop_token&)>;

  /// `on_settled` is called on a thread that has had no work for `settled`; it must not throw, and is short.
  explicit WorkerPool(PoolOptions options, std::function<void()> on_settled = {});
  ~WorkerPool();  ///< stop().
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False when too many wait, or after stop(): the job is dropped.
  [[nodiscard]] bool submit(Job job);
  /// Asks running jobs to end, calls the waiting ones (they find the token stopped), and waits for the
  /// threads.
  void stop();
  [[nodiscard]] std::size_t threads() const;

 private:
  void work();
  [[nodiscard]] bool wait_for_job(std::unique_lock<std::mutex>& lock);
  /// Threads that have ended; to be destroyed (joined) without the lock.
  [[nodiscard]] std::list<std::jthread> take_ended();
  [[nodiscard]] bool start_thread();

  const PoolOptions options_;
  const std::function<void()> on_settled_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::list<std::jthread> threads_;
  std::list<std::jthread> ended_;
  std::size_t idle_ = 0;
};

}  // namespace cattle::agent
