// SPDX-License-Identifier: Apache-2.0
#include "agent/worker_pool.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace cattle::agent {

WorkerPool::WorkerPool(PoolOptions options, std::function<void()> on_settled)
    : options_(options), on_settled_(std::move(on_settled)) {}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::submit(Job job) {
  std::list<std::jthread> ended;
  {
    const std::lock_guard lock(mutex_);
    if (stop_.stop_requested() || jobs_.size() >= options_.waiting) return false;
    jobs_.push_back(std::move(job));
    ended = take_ended();
    if (idle_ < jobs_.size() && threads_.size() < options_.threads && !start_thread() && threads_.empty()) {
      jobs_.pop_back();
      return false;
    }
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::stop() {
  stop_.request_stop();
  std::list<std::jthread> threads;
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(jobs_);
  }
  wake_.notify_all();
  for (const auto& job : dropped) job(stop_.get_token());
  // A thread moves itself to ended_ as its last act, so both lists have to be drained until nothing is left.
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      threads.splice(threads.end(), threads_);
      threads.splice(threads.end(), ended_);
    }
    if (threads.empty()) return;
    threads.clear();
  }
}

std::size_t WorkerPool::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

std::list<std::jthread> WorkerPool::take_ended() {
  std::list<std::jthread> ended;
  ended.swap(ended_);
  return ended;
}

bool WorkerPool::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    // The host has no thread left for us; those that run will come to the job.
    return false;
  }
}

/// False when none came while the thread may be idle.
bool WorkerPool::wait_for_job(std::unique_lock<std::mutex>& lock) {
  const auto busy_or_over = [this] { return !jobs_.empty() || stop_.stop_requested(); };
  auto left = options_.idle;
  if (on_settled_ && options_.settled < left) {
    if (wake_.wait_for(lock, options_.settled, busy_or_over)) return !jobs_.empty();
    lock.unlock();
    on_settled_();
    lock.lock();
    left -= options_.settled;
  }
  return wake_.wait_for(lock, left, busy_or_over) && !jobs_.empty();
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    const bool found = wait_for_job(lock);
    --idle_;
    if (!found) break;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job(stop_.get_token());
    job = nullptr;  // What it holds may be large, and must not live until the next job.
    lock.lock();
  }
  const auto self = std::find_if(threads_.begin(), threads_.end(), [](const std::jthread& thread) {
    return thread.get_id() == std::this_thread::get_id();
  });
  if (self != threads_.end()) ended_.splice(ended_.end(), threads_, self);
}

}  // namespace cattle::agent
