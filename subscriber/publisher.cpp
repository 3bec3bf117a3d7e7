// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/publisher.hpp"

#include "cattle/subscriber/backoff.hpp"
#include "docker-client/http/url.hpp"
#include "subscriber/address.hpp"
#include "subscriber/excerpt.hpp"
#include "subscriber/http_options.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace cattle::subscriber {

using Clock = std::chrono::steady_clock;

namespace {

/// False when `stop` came first.
bool wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

PublishResult judged(const http::Response& response) {
  PublishResult result;
  result.status = response.status;
  if (response.status / 100 == 2) {
    result.kind = PublishResult::Kind::accepted;
    return result;
  }
  if (response.status / 100 == 4) result.kind = PublishResult::Kind::refused;
  result.detail = "HTTP " + std::to_string(response.status);
  if (const std::string body = excerpt(response.body); !body.empty()) result.detail += ": " + body;
  return result;
}

}  // namespace

http::ClientOptions http_options(const Connection& connection) {
  const auto url = http::parse_url(connection.url);
  if (!url) throw std::invalid_argument("the server's address is not an http or https URL");
  http::ClientOptions options;
  const std::string path = join_paths(url->path, "");
  options.base_url = url->origin() + path.substr(0, path.size() - 1);
  options.ca_file = connection.ca_file;
  options.extra_ca_files = connection.extra_ca_files;
  options.username = connection.access_key;
  options.password = connection.secret_key.reveal();
  options.follow_to_https = true;
  if (!bypasses_proxy(connection.no_proxy, url->host, url->port)) options.proxy = connection.proxy;
  return options;
}

struct Publisher::Impl {
  explicit Impl(PublisherOptions given)
      : options(std::move(given)), client(http_options(options.connection)) {}

  struct Attempt {
    PublishResult result;
    bool timed_out = false;
  };

  Attempt post(const std::string& body, std::chrono::milliseconds limit, bool fresh,
               const std::stop_token& stop) const {
    http::Request request;
    request.method = "POST";
    request.target = "/publish";
    request.body = body;
    request.timeout = limit;
    request.fresh_connection = fresh;
    try {
      return {judged(client.send(request, stop))};
    } catch (const http::TransportError& error) {
      Attempt attempt;
      attempt.result.detail = error.what();
      attempt.timed_out = error.kind() == http::TransportError::Kind::timeout;
      return attempt;
    }
  }

  PublisherOptions options;
  http::Client client;
};

Publisher::Publisher(PublisherOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Publisher::~Publisher() = default;

PublishResult Publisher::publish(const std::string& body, const std::function<Clock::time_point()>& deadline,
                                 const std::stop_token& stop,
                                 const std::function<void(std::chrono::milliseconds)>& on_unanswered) const {
  const auto& options = impl_->options;
  const auto left = [&deadline] {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline() - Clock::now());
  };
  Backoff backoff(options.first_wait, options.most_wait);
  bool told = false;
  PublishResult result;
  for (int attempts = 1;; ++attempts) {
    const auto time = left();
    if (attempts > 1 && time.count() <= 0) return result;
    // The first has its time also when the work outlived the event's: every reply is posted once (E6).
    const auto least = attempts == 1 ? options.least_attempt : std::min(options.least_attempt, time);
    const auto limit = std::max(least, std::min(time * 3 / 4, options.most_attempt));
    const bool lost_before = attempts > 1 && result.status == 0;
    auto attempt = impl_->post(body, limit, lost_before, stop);
    result = std::move(attempt.result);
    result.attempts = attempts;
    if (result.kind != PublishResult::Kind::gave_up) return result;
    const auto remaining = left();
    if (remaining.count() <= 0 || stop.stop_requested()) return result;
    if (attempt.timed_out && on_unanswered && !std::exchange(told, true)) on_unanswered(limit);
    if (!wait(std::min(backoff.next(), remaining), stop)) return result;
  }
}

PublishResult Publisher::publish_once(const std::string& body, std::optional<std::chrono::milliseconds> limit,
                                      const std::stop_token& stop) const {
  PublishResult result = impl_->post(body, limit.value_or(impl_->options.most_attempt), false, stop).result;
  result.attempts = 1;
  return result;
}

}  // namespace cattle::subscriber
