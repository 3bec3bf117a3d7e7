// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/frame_intake.hpp"
#include "agent/ids_in_work.hpp"
#include "agent/log.hpp"
#include "agent/progress_sink.hpp"
#include "agent/reply_publisher.hpp"
#include "agent/resource_queue.hpp"
#include "agent/router.hpp"
#include "agent/work.hpp"
#include "agent/worker_pool.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

namespace cattle::agent {

struct DispatcherOptions {
  QueueLimits queue;
  PoolOptions workers{64, 1'024 + 64};
  PoolOptions immediate{64, 16'384};  ///< Look-ups: beside everything else.
  PoolOptions prompt{8, 16'384};      ///< config.update and port checks: behind no look-up that hangs.
  PoolOptions pings{8, 16'384};
  ProgressOptions progress;
  IntakeOptions intake;
  std::chrono::milliseconds rest{300};  ///< Nothing in work for so long: a burst is over.
  /// Then called once, on a worker's thread, with how many events that were; may be empty.
  std::function<void(std::size_t events)> on_rest;
};

/// The one path of an event from its frame to its reply: decode, route, admit, run, publish
/// (agent/README.md).
class Dispatcher {
 public:
  /// The references outlive this.
  Dispatcher(const Router& router, const ReplyPublisher& publisher, AgentLog& log, DispatcherOptions options);
  ~Dispatcher();  ///< stop().
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Never blocks and never throws: called on the network thread. A large frame may still be decoded when
  /// this returns; until then it is not in work.
  void frame(std::string text, Clock::time_point received);

  /// Begins nothing any more: what waits is dropped, what runs goes on.
  void close();
  /// Waits for what runs; false when `limit` passed before.
  [[nodiscard]] bool wait_until_idle(std::chrono::milliseconds limit) const;
  /// Asks what runs to end at once and waits for it.
  void stop();
  [[nodiscard]] std::size_t in_work() const { return ids_.size(); }
  /// Nothing has been in work for `rest`.
  [[nodiscard]] bool at_rest() const { return ids_.at_rest(options_.rest); }

 private:
  /// A pool whose threads tell when they have come to rest.
  [[nodiscard]] PoolOptions settling(PoolOptions pool) const;
  void settled();
  [[nodiscard]] bool in_order(const subscriber::Event& event) const;
  void accept(subscriber::Event event);
  void unknown(const subscriber::Event& event);
  void admit(const std::shared_ptr<Work>& work);
  void admit_queued(const std::shared_ptr<Work>& work);
  void hand_to(WorkerPool& pool, const std::shared_ptr<Work>& work, const std::string& note);
  void run(const std::shared_ptr<Work>& work, const std::stop_token& stop);
  void handle(const std::shared_ptr<Work>& work, const std::stop_token& stop);
  void ping_was_answered();
  void release_next(const Work& finished);
  void drop(const Work& work, std::string_view reason);
  void taken(const Work& work, const std::string& note);

  const Router& router_;
  const ReplyPublisher& publisher_;
  AgentLog& log_;
  const DispatcherOptions options_;
  std::mutex unknown_mutex_;
  std::set<std::string> unknown_names_;
  std::atomic<bool> closed_{false};
  std::once_flag first_ping_;
  IdsInWork ids_;
  ResourceQueue queue_;
  // Last, so that their threads end before what they use.
  WorkerPool workers_;
  WorkerPool immediate_;
  WorkerPool prompt_;
  WorkerPool pings_;
  FrameIntake intake_;
};

}  // namespace cattle::agent
