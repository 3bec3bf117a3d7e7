// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/image_pull.hpp"

#include "handlers/errors.hpp"
#include "handlers/storage/pull_failure.hpp"

#include <algorithm>
#include <utility>

namespace cattle::handlers {
namespace {

constexpr std::chrono::seconds kRepeat{1};
constexpr std::size_t kMostLines = 256;
constexpr std::chrono::minutes kRemembered{1};  // The queue lets its followers go as soon as a pull ends.

/// Two sources with one key do the same work with the same rights. Kept in memory only: it holds the
/// password.
std::string key_of(const ImageSource& source) {
  nlohmann::json key = {canonical_image_name(source.name)};
  if (source.auth) {
    key.push_back({source.auth->username, source.auth->password, source.auth->server_address});
  }
  if (source.build) {
    const auto& build = *source.build;
    key.push_back({build.context, build.remote, build.dockerfile, build.tag, build.no_cache});
  }
  return key.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string first_line(const ImageSource& source) {
  return (source.build ? "Building image " : "Pulling image ") + without_docker_prefix(source.name);
}

/// Whether the same pull without the credential could end otherwise.
bool may_depend_on_credential(docker::ErrorKind kind) {
  return kind != docker::ErrorKind::cancelled && kind != docker::ErrorKind::unavailable &&
         kind != docker::ErrorKind::timeout && kind != docker::ErrorKind::no_space;
}

/// Keeps what was left of an event's time when a pull began.
class PausedDeadline {
 public:
  explicit PausedDeadline(Context& context) : context_(context), begin_(std::chrono::steady_clock::now()) {}
  ~PausedDeadline() {
    if (context_.deadline == std::chrono::steady_clock::time_point::max()) return;
    context_.deadline += std::chrono::steady_clock::now() - begin_;
  }
  PausedDeadline(const PausedDeadline&) = delete;
  PausedDeadline& operator=(const PausedDeadline&) = delete;

 private:
  Context& context_;
  std::chrono::steady_clock::time_point begin_;
};

/// Calls its function at the end of the scope.
template <typename Function>
class Leaving {
 public:
  explicit Leaving(Function function) : function_(std::move(function)) {}
  ~Leaving() { function_(); }
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;

 private:
  Function function_;
};

}  // namespace

struct ImagePulls::Job {
  std::string key;
  ImageSource source;
  std::vector<Waiter*> waiters;
  std::optional<ProgressLine> latest;  ///< For an event that joins later.
  std::vector<docker::CallRecord> records;
  bool done = false;
  std::exception_ptr error;
  std::jthread thread;  ///< Last: it is joined before the rest goes.
};

ImagePulls::ImagePulls(const docker::Client& engine, ImageBuilder builder)
    : engine_(engine), builder_(std::move(builder)) {}

ImagePulls::~ImagePulls() {
  std::map<std::string, std::shared_ptr<Job>> jobs;
  {
    const Lock lock(mutex_);
    jobs.swap(jobs_);
  }
  for (const auto& [key, job] : jobs) {
    if (job) job->thread.request_stop();
  }
}

void ImagePulls::fetch(const ImageSource& source, Context& context, Clock::time_point wanted_since) {
  if (context.call.rehearse) return rehearse(source, context);
  if (const auto ended = ended_since(source, wanted_since)) {
    context.log.debug("image " + source.name + " was fetched while this event waited");
    if (ended->error) std::rethrow_exception(ended->error);
    return;
  }
  const PausedDeadline paused(context);
  Waiter waiter;
  const auto job = join(source, waiter);
  {
    const Leaving leaving([&] { leave(job, waiter); });  // Also when a sink throws.
    follow(*job, waiter, context);
  }
  std::vector<docker::CallRecord> records;
  std::exception_ptr error;
  bool done = false;
  {
    const Lock lock(mutex_);
    records = job->records;
    error = job->error;
    done = job->done;
  }
  if (context.call.observer) std::for_each(records.begin(), records.end(), context.call.observer);
  if (!done) {
    throw docker::Error(docker::ErrorKind::cancelled, 0, "pull of image " + source.name,
                        "the event was cancelled");
  }
  if (error) std::rethrow_exception(error);
}

std::optional<ImagePulls::Ended> ImagePulls::ended_since(const ImageSource& source,
                                                         Clock::time_point wanted_since) {
  if (wanted_since == kNow) return std::nullopt;
  const Lock lock(mutex_);
  const auto found = ended_.find(key_of(source));
  if (found == ended_.end() || found->second.at < wanted_since) return std::nullopt;
  return found->second;
}

/// On the event's own thread, and shared with nobody: no event that wants the image may get a pretended one,
/// and `call.rehearse` lives no longer than its event.
void ImagePulls::rehearse(const ImageSource& source, const Context& context) {
  Job job;
  job.source = source;
  carry_out(job, context.call);
}

std::shared_ptr<ImagePulls::Job> ImagePulls::join(const ImageSource& source, Waiter& waiter) {
  std::vector<std::shared_ptr<Job>> ended;  // Joined after the lock is released.
  const Lock lock(mutex_);
  ended.swap(retired_);
  auto key = key_of(source);
  auto& known = jobs_[key];
  auto job = known;
  if (!job) {
    job = std::make_shared<Job>();
    job->source = source;
    job->thread = std::jthread([this, &work = *job](const std::stop_token& stop) { run(work, stop); });
    job->key = std::move(key);
    known = job;
  }
  // A registry may be silent for longer than the server waits: what is repeated meanwhile is this.
  waiter.lines.push_back(job->latest.value_or(ProgressLine{first_line(source), std::nullopt}));
  job->waiters.push_back(&waiter);
  return job;
}

void ImagePulls::follow(Job& job, Waiter& waiter, Context& context) {
  Lock lock(mutex_);
  while (!context.call.stop.stop_requested()) {
    changed_.wait_for(lock, context.call.stop, kRepeat, [&] { return job.done || !waiter.lines.empty(); });
    const auto lines = std::exchange(waiter.lines, {});
    if (job.done && lines.empty()) return;
    lock.unlock();
    for (const auto& line : lines) {
      line.about_image ? context.progress.report_at_once(line.text, line.percent)
                       : context.progress.report(line.text, line.percent);
    }
    if (lines.empty()) context.progress.repeat();
    lock.lock();
  }
}

void ImagePulls::leave(const std::shared_ptr<Job>& job, const Waiter& waiter) {
  const Lock lock(mutex_);
  auto& waiters = job->waiters;
  waiters.erase(std::remove(waiters.begin(), waiters.end(), &waiter), waiters.end());
  if (!waiters.empty() || job->done) return;
  // Nobody wants it any more. Who comes now must not join what is being cancelled.
  retire(*job);
  job->thread.request_stop();
}

void ImagePulls::retire(const Job& job) {
  const auto found = jobs_.find(job.key);
  if (found == jobs_.end() || found->second.get() != &job) return;
  retired_.push_back(std::move(found->second));
  jobs_.erase(found);
}

void ImagePulls::run(Job& job, const std::stop_token& stop) {
  std::exception_ptr error;
  try {
    docker::Call call;
    call.stop = stop;
    call.observer = [this, &job](const docker::CallRecord& record) {
      const Lock lock(mutex_);
      job.records.push_back(record);
    };
    carry_out(job, call);
  } catch (...) {
    // Rethrown in every event that waits (fetch).
    error = std::current_exception();
  }
  const Lock lock(mutex_);
  job.error = error;
  job.done = true;
  const auto now = Clock::now();
  std::erase_if(ended_, [now](const auto& entry) { return entry.second.at + kRemembered < now; });
  if (!stop.stop_requested()) ended_.insert_or_assign(job.key, Ended{now, error});
  retire(job);
  changed_.notify_all();
}

void ImagePulls::carry_out(Job& job, const docker::Call& call) {
  if (!job.source.build) return pull(job.source, job, call);
  builder_.build(
      *job.source.build, job.source.name,
      [this, &job](std::string text) {
        publish(job, {std::move(text), std::nullopt});
      },
      call);
}

void ImagePulls::pull(const ImageSource& source, Job& job, const docker::Call& call) {
  std::optional<std::string> first_failure;
  if (source.auth) {
    try {
      pull_once(source, source.auth, job, call);
      return;
    } catch (const docker::Error& error) {
      first_failure = pull_failure(source.name, source.auth, error);
      // The Go agent tries once more without: a public image beside a stale credential (H70).
      if (!may_depend_on_credential(error.kind())) throw OperationError(*first_failure);
    }
  }
  try {
    pull_once(source, std::nullopt, job, call);
  } catch (const docker::Error& error) {
    throw OperationError(first_failure ? *first_failure : pull_failure(source.name, std::nullopt, error));
  }
}

void ImagePulls::pull_once(const ImageSource& source, const std::optional<docker::RegistryAuth>& auth,
                           Job& job, const docker::Call& call) {
  PullProgress progress;
  docker::StreamCallbacks callbacks;
  callbacks.on_message = [&](const docker::StreamMessage& message) {
    if (const auto line = progress.add(message)) publish(job, *line);
  };
  engine_.pull_image(docker::parse_image_reference(source.name), auth, callbacks, call);
}

void ImagePulls::publish(Job& job, const ProgressLine& line) {
  const Lock lock(mutex_);
  job.latest = line;
  for (auto* waiter : job.waiters) {
    auto& lines = waiter->lines;
    if (!lines.empty() && lines.back().sums_up_layers && line.sums_up_layers) lines.pop_back();
    if (lines.size() == kMostLines) lines.pop_front();
    lines.push_back(line);
  }
  changed_.notify_all();
}

std::string canonical_image_name(const std::string& name) {
  auto rest = without_docker_prefix(name);
  for (const std::string prefix : {"index.docker.io/", "docker.io/", "library/"}) {
    if (rest.starts_with(prefix)) rest.erase(0, prefix.size());
  }
  const auto last_part = rest.find_last_of('/');
  const auto tag = rest.find_first_of(":@", last_part == std::string::npos ? 0 : last_part);
  return tag == std::string::npos ? rest + ":latest" : rest;
}

}  // namespace cattle::handlers
