// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/subscription.hpp"

#include "cattle/subscriber/backoff.hpp"
#include "subscriber/address.hpp"
#include "subscriber/connector.hpp"
#include "subscriber/excerpt.hpp"
#include "subscriber/link.hpp"
#include "subscriber/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

namespace cattle::subscriber {
namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

const char* to_string(Step step) {
  switch (step) {
    case Step::resolve:
      return "resolve";
    case Step::connect:
      return "connect";
    case Step::proxy:
      return "proxy";
    case Step::tls:
      return "tls";
    case Step::upgrade:
      return "upgrade";
    case Step::read:
      return "read";
  }
  return "unknown";
}

struct Subscription::Impl {
  Impl(SubscriptionOptions given, SubscriptionListener hear)
      : options(std::move(given)),
        listener(std::move(hear)),
        address(make_address(options)),
        backoff(options.first_wait, options.most_wait),
        connector(options),
        rest(io) {}

  asio::awaitable<void> run();
  asio::awaitable<Outage> attempt();
  void report(const Outage& outage);
  void heard();
  void deliver(std::string frame);
  [[nodiscard]] bool was_good() const;
  [[nodiscard]] std::optional<Outage> wrong_account(const Session& opened) const;
  [[nodiscard]] std::chrono::milliseconds wait_after(const Outage& outage);
  void request_stop();

  const SubscriptionOptions options;
  const SubscriptionListener listener;
  std::atomic<bool> delivering{true};
  mutable std::mutex mutex;
  Health health;  ///< Guarded by the mutex.
  std::jthread thread;

  // Network thread only
  asio::io_context io{1};
  Address address;
  Backoff backoff;
  Connector connector;
  asio::steady_timer rest;
  std::shared_ptr<Link> link;
  std::shared_ptr<Session> session;                   ///< While it is subscribed.
  std::set<std::tuple<Step, Trouble, int>> reported;  ///< Kinds, in this outage.
  Clock::time_point subscribed_at;
  bool unreachable_told = false;  ///< In this outage, too.
  bool redirect = false;
  bool stopping = false;
};

asio::awaitable<void> Subscription::Impl::run() {
  while (!stopping) {
    redirect = false;
    const Outage outage = co_await attempt();
    const bool good = was_good();
    session.reset();
    link->close();
    link.reset();
    if (stopping) break;
    if (redirect) continue;
    if (good) {
      backoff.reset();
      reported.clear();
      unreachable_told = false;
    }
    report(outage);
    rest.expires_after(wait_after(outage));
    co_await rest.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<Outage> Subscription::Impl::attempt() {
  link = std::make_shared<Link>(io);
  if (auto outage = co_await connector.connect(link, address)) co_return *outage;
  auto opened = std::make_shared<Session>(
      link, options, [this] { heard(); }, [this](std::string frame) { deliver(std::move(frame)); });
  if (auto outage = co_await opened->upgrade(address)) {
    redirect = outage->status / 100 == 3 && follow_to_https(address, opened->answer_header("Location"));
    link->close();
    co_return *outage;
  }
  if (auto outage = wrong_account(*opened)) {
    link->close();
    co_return *outage;
  }
  session = opened;
  subscribed_at = Clock::now();
  {
    const std::lock_guard lock(mutex);
    health.subscribed = true;
    health.last_received = Clock::now();  // The 101 itself.
    health.outage.reset();
    health.server_version = opened->answer_header("X-PastureStack-Version");
  }
  if (stopping)
    opened->close();
  else if (listener.on_subscribed)
    listener.on_subscribed();
  co_return co_await opened->read();
}

std::optional<Outage> Subscription::Impl::wrong_account(const Session& opened) const {
  const auto kind = opened.answer_header("X-API-ACCOUNT-KIND");
  if (options.account_kind.empty() || kind.empty() || kind == options.account_kind) return std::nullopt;
  return Outage{Step::upgrade, Trouble::wrong_account, 0,
                "this key is one of kind " + excerpt(kind) + ", not of kind " + options.account_kind, true};
}

/// Each kind of trouble once, since a server behind two proxies may show two in turn; and what means that the
/// server can't be reached is one matter, however many ways of it a restart shows.
void Subscription::Impl::report(const Outage& outage) {
  {
    const std::lock_guard lock(mutex);
    health.subscribed = false;
    health.outage = outage;
  }
  if (!reported.emplace(outage.step, outage.trouble, outage.status).second) return;
  const bool news = outage.refusal || !std::exchange(unreachable_told, true);
  const auto& tell = news ? listener.on_outage : listener.on_detail;
  if (tell) tell(outage);
}

/// An outage lasts until a subscription was of use: until the server sent something or it held for a while,
/// not until a server took it only to drop it again.
bool Subscription::Impl::was_good() const {
  return session && (session->served() || Clock::now() - subscribed_at >= options.good_after);
}

void Subscription::Impl::heard() {
  const std::lock_guard lock(mutex);
  health.last_received = Clock::now();
}

void Subscription::Impl::deliver(std::string frame) {
  if (delivering && listener.on_frame) listener.on_frame(std::move(frame));
}

std::chrono::milliseconds Subscription::Impl::wait_after(const Outage& outage) {
  const bool refused = outage.trouble == Trouble::bad_credentials || outage.trouble == Trouble::agent_gone ||
                       outage.trouble == Trouble::ambiguous_agent || outage.trouble == Trouble::wrong_account;
  return refused ? options.refused_wait : backoff.next();
}

void Subscription::Impl::request_stop() {
  stopping = true;
  rest.cancel();
  if (session)
    session->close();
  else if (link)
    link->close();
}

Subscription::Subscription(SubscriptionOptions options, SubscriptionListener listener)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(listener))) {}

Subscription::~Subscription() {
  stop();
}

void Subscription::start() {
  asio::co_spawn(impl_->io, impl_->run(), asio::detached);
  impl_->thread = std::jthread([impl = impl_.get()] { impl->io.run(); });
}

void Subscription::stop() {
  impl_->delivering = false;
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [impl = impl_.get()] { impl->request_stop(); });
  impl_->thread.join();
  const std::lock_guard lock(impl_->mutex);
  impl_->health.subscribed = false;
}

void Subscription::pause() {
  impl_->delivering = false;
}

Health Subscription::health() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->health;
}

}  // namespace cattle::subscriber
