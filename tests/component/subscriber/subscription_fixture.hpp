// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/subscription.hpp"
#include "tests/component/subscriber/recorder.hpp"
#include "tests/support/fake_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace cattle::subscriber {

/// As in production, but everything that is waited for takes milliseconds.
inline SubscriptionOptions fast(const support::FakeServer& server, const std::string& path = "/v1") {
  SubscriptionOptions options;
  options.connection.url = server.url(path);
  options.connection.access_key = "key";
  options.connection.secret_key = Secret("secret");
  options.event_names = {"ping", "compute.instance.activate"};
  options.silence = std::chrono::milliseconds(60'000);
  options.ping_interval = std::chrono::milliseconds(20);
  options.close_timeout = std::chrono::milliseconds(500);
  options.first_wait = std::chrono::milliseconds(10);
  options.most_wait = std::chrono::milliseconds(40);
  options.refused_wait = std::chrono::milliseconds(60);
  return options;
}

inline support::ServerAnswer status(int code, const std::string& body = "") {
  support::ServerAnswer answer;
  answer.status = code;
  answer.body = body;
  return answer;
}

inline constexpr const char* kEvent = R"({"id":"a","name":"compute.instance.activate","replyTo":"reply.1"})";

/// Waits for a condition, ten seconds at most.
inline bool soon(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// A subscription to a server of its own.
struct Subscribed : testing::Test {
  void begin(SubscriptionOptions options) {
    subscription = std::make_unique<Subscription>(std::move(options), recorder.listener());
    subscription->start();
    ASSERT_TRUE(server.wait_subscribed(1));
    ASSERT_TRUE(recorder.wait_subscribed(1));
  }

  support::FakeServer server;
  Recorder recorder;
  std::unique_ptr<Subscription> subscription;
};

}  // namespace cattle::subscriber
