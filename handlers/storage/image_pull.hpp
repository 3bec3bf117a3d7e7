// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/model/image.hpp"
#include "handlers/storage/image_build.hpp"
#include "handlers/storage/pull_progress.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cattle::handlers {

/// An image and how it comes to the engine.
struct ImageSource {
  std::string name;  ///< As the engine takes it.
  std::optional<docker::RegistryAuth> auth;
  std::optional<ImageBuild> build;  ///< Built instead of pulled.
};

/// Fetches images: one pull or build for each image and credential, however many events wait for it. Callers
/// with another credential (or none) never share one: what one may read tells nothing about the other.
///
/// The work runs on a thread of its own and is cancelled when nobody waits any more. Every waiting event gets
/// every line of progress through its own sink, on its own thread. Safe to share between threads.
class ImagePulls {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point kNow = Clock::time_point::max();

  ImagePulls(const docker::Client& engine, ImageBuilder builder);
  /// Nobody may be waiting any more.
  ~ImagePulls();
  ImagePulls(const ImagePulls&) = delete;
  ImagePulls& operator=(const ImagePulls&) = delete;

  /// Pulls also when the image is present (S49). Throws OperationError with the cause; docker::Error
  /// (cancelled) when this event is cancelled. There is no total time: a pull ends when nothing came for
  /// EngineOptions::stream_idle, a build after build_idle. Its time doesn't count as the event's:
  /// `context.deadline` moves on by it. A pull that ended after `wanted_since` is the answer, too: the event
  /// waited for it in the queue.
  void fetch(const ImageSource& source, Context& context, Clock::time_point wanted_since = kNow);

 private:
  struct Job;
  struct Waiter {
    std::deque<ProgressLine> lines;
  };
  struct Ended {
    Clock::time_point at;
    std::exception_ptr error;
  };
  using Lock = std::unique_lock<std::mutex>;

  std::optional<Ended> ended_since(const ImageSource& source, Clock::time_point wanted_since);

  std::shared_ptr<Job> join(const ImageSource& source, Waiter& waiter);
  void rehearse(const ImageSource& source, const Context& context);
  void follow(Job& job, Waiter& waiter, Context& context);
  void leave(const std::shared_ptr<Job>& job, const Waiter& waiter);
  void run(Job& job, const std::stop_token& stop);
  void carry_out(Job& job, const docker::Call& call);
  void pull(const ImageSource& source, Job& job, const docker::Call& call);
  void pull_once(const ImageSource& source, const std::optional<docker::RegistryAuth>& auth, Job& job,
                 const docker::Call& call);
  void publish(Job& job, const ProgressLine& line);
  void retire(const Job& job);

  const docker::Client& engine_;
  ImageBuilder builder_;
  std::mutex mutex_;  ///< Guards everything below, and what the jobs and their waiters hold.
  std::condition_variable_any changed_;
  /// Owned by this table and by each event that waits.
  std::map<std::string, std::shared_ptr<Job>> jobs_;
  std::map<std::string, Ended> ended_;         ///< For a short while, by the key of their job.
  std::vector<std::shared_ptr<Job>> retired_;  ///< Ended or abandoned; their threads are still to be joined.
};

/// The name under which pulls of one image meet: without "docker:" and Docker Hub's host, with a tag.
[[nodiscard]] std::string canonical_image_name(const std::string& name);

}  // namespace cattle::handlers
