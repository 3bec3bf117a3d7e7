// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/subscriber.hpp"

#include "cattle/subscriber/backoff.hpp"
#include "cattle/subscriber/publisher.hpp"
#include "docker-client/http/client.hpp"
#include "subscriber/api_root.hpp"
#include "subscriber/dispatcher.hpp"
#include "subscriber/health_server.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigtimedwait and pthread_sigmask are POSIX's.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace cattle::subscriber {

using Clock = std::chrono::steady_clock;

struct Subscriber::Impl {
  explicit Impl(SubscriberOptions given);

  void open();
  [[nodiscard]] Connection rooted() const;
  [[nodiscard]] SubscriptionListener listener();
  void push(std::string frame);
  void work(const std::stop_token& stop);
  void find_project(const std::stop_token& stop);
  bool pause(std::chrono::milliseconds time, const std::stop_token& stop);
  [[nodiscard]] std::shared_ptr<Subscription> current() const;
  [[nodiscard]] HealthServer::Verdict verdict() const;

  struct Frame {
    std::string text;
    Clock::time_point received;
  };

  const http::Library library;
  SubscriberOptions options;
  std::string server;
  Dispatcher dispatcher;
  std::function<void()> subscribed_notice;
  std::function<void(const Outage&)> outage_notice;
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<bool> ever_subscribed{false};  ///< A key that was taken without a project needs none.

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  // Guarded by the mutex
  std::deque<Frame> frames;
  bool wants_project = false;
  std::string failure;
  std::shared_ptr<Subscription> subscription;  ///< Shared with whoever is asking for its health.

  std::unique_ptr<Publisher> publisher;  ///< Worker thread only, once started.
  std::unique_ptr<HealthServer> health_server;
  std::jthread worker;
};

Subscriber::Impl::Impl(SubscriberOptions given) : options(std::move(given)) {
  const ApiRoot root = split_api_root(options.connection.url);
  server = root.server;
  if (options.project.empty()) options.project = root.project;
}

Connection Subscriber::Impl::rooted() const {
  Connection connection = options.connection;
  connection.url = server + "/" + options.api_version;
  if (!options.project.empty()) connection.url += "/projects/" + http::escape(options.project);
  return connection;
}

/// Makes the one subscription for the project as it is known now.
void Subscriber::Impl::open() {
  SubscriptionOptions link = options.limits;
  link.connection = rooted();
  link.path = "/subscribe";
  link.agent_id = options.agent_id;
  link.event_names = dispatcher.names();
  PublisherOptions publish;
  publish.connection = link.connection;
  publisher = std::make_unique<Publisher>(publish);
  auto fresh = std::make_shared<Subscription>(std::move(link), listener());
  fresh->start();
  const std::lock_guard lock(mutex);
  subscription = std::move(fresh);
}

SubscriptionListener Subscriber::Impl::listener() {
  SubscriptionListener hear;
  hear.on_frame = [this](std::string frame) { push(std::move(frame)); };
  hear.on_subscribed = [this] {
    ever_subscribed = true;
    if (subscribed_notice) subscribed_notice();
  };
  hear.on_outage = [this](const Outage& outage) {
    if (outage.status == 404 && options.project.empty() && !ever_subscribed) {
      const std::lock_guard lock(mutex);
      wants_project = true;
      changed.notify_all();
    } else if (outage_notice) {
      outage_notice(outage);
    }
  };
  return hear;
}

void Subscriber::Impl::push(std::string frame) {
  {
    const std::lock_guard lock(mutex);
    if (frames.size() >= options.most_waiting) {
      ++dropped;
      return;
    }
    frames.push_back({std::move(frame), Clock::now()});
  }
  changed.notify_all();
}

void Subscriber::Impl::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [this] { return wants_project || !frames.empty(); })) {
    if (std::exchange(wants_project, false)) {
      lock.unlock();
      find_project(stop);
      lock.lock();
      continue;
    }
    const Frame frame = std::move(frames.front());
    frames.pop_front();
    lock.unlock();
    dispatcher.take(frame.text, frame.received, *publisher, stop);
    lock.lock();
  }
}

/// A person's key has no bus of its own (E21): 404 without a project. So has a server for a moment when its
/// proxy knows it no more; the subscription goes on asking meanwhile, and what it gets is kept.
void Subscriber::Impl::find_project(const std::stop_token& stop) {
  Backoff backoff(options.limits.first_wait, options.limits.refused_wait);
  ProjectChoice choice;
  for (;;) {
    try {
      choice = choose_project(rooted(), stop);
      break;
    } catch (const std::runtime_error&) {
      if (!pause(backoff.next(), stop) || ever_subscribed) return;
    }
  }
  if (ever_subscribed) return;
  current()->stop();
  if (!choice.complaint.empty()) {
    const std::lock_guard lock(mutex);
    failure = choice.complaint;
    return;
  }
  options.project = choice.project;
  open();
}

bool Subscriber::Impl::pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

std::shared_ptr<Subscription> Subscriber::Impl::current() const {
  const std::lock_guard lock(mutex);
  return subscription;
}

HealthServer::Verdict Subscriber::Impl::verdict() const {
  const auto link = current();
  if (!link) return {false, "not started"};
  {
    const std::lock_guard lock(mutex);
    if (!failure.empty()) return {false, "upgrade: " + failure};
  }
  const Health health = link->health();
  if (health.outage)
    return {false, std::string(to_string(health.outage->step)) + ": " + health.outage->detail};
  if (!health.subscribed) return {false, "connect: not subscribed yet"};
  const bool lively = health.last_received && Clock::now() - *health.last_received <= options.limits.silence;
  return lively ? HealthServer::Verdict{true, "subscribed"}
                : HealthServer::Verdict{false, "read: nothing received"};
}

Subscriber::Subscriber(SubscriberOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Subscriber::~Subscriber() {
  stop();
}

Subscriber& Subscriber::on(const std::string& event_name, Handler handler) {
  impl_->dispatcher.on(event_name, std::move(handler));
  return *this;
}

Subscriber& Subscriber::answer(const std::string& event_name, Answer answer) {
  impl_->dispatcher.answer(event_name, std::move(answer));
  return *this;
}

Subscriber& Subscriber::on_subscribed(std::function<void()> notice) {
  impl_->subscribed_notice = std::move(notice);
  return *this;
}

Subscriber& Subscriber::on_outage(std::function<void(const Outage&)> notice) {
  impl_->outage_notice = std::move(notice);
  return *this;
}

Subscriber& Subscriber::on_trouble(std::function<void(const std::string&)> notice) {
  impl_->dispatcher.on_trouble(std::move(notice));
  return *this;
}

void Subscriber::start() {
  const auto& options = impl_->options;
  if (options.health_port)
    impl_->health_server = std::make_unique<HealthServer>(options.health_address, *options.health_port,
                                                          [impl = impl_.get()] { return impl->verdict(); });
  impl_->open();
  impl_->worker = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->work(stop); });
}

void Subscriber::stop() {
  if (impl_->worker.joinable()) {
    impl_->worker.request_stop();
    impl_->worker.join();
  }
  if (const auto link = impl_->current()) link->stop();
  impl_->health_server.reset();
}

void Subscriber::run() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // Before the threads: they inherit it.
  (void)signal(SIGPIPE, SIG_IGN);
  start();
  const timespec tick{1, 0};
  while (sigtimedwait(&signals, nullptr, &tick) < 0 && failure().empty()) {
  }
  const std::string reason = failure();
  stop();
  if (!reason.empty()) throw std::runtime_error(reason);
}

Health Subscriber::health() const {
  const auto link = impl_->current();
  return link ? link->health() : Health{};
}

bool Subscriber::healthy() const {
  return impl_->verdict().healthy;
}

std::uint16_t Subscriber::health_port() const {
  return impl_->health_server ? impl_->health_server->port() : 0;
}

std::uint64_t Subscriber::dropped() const {
  return impl_->dropped;
}

std::string Subscriber::failure() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->failure;
}

}  // namespace cattle::subscriber
