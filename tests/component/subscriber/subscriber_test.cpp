// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/subscriber.hpp"

#include "docker-client/http/client.hpp"
#include "tests/support/fake_server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

namespace cattle::subscriber {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::FakeServer;
using support::ServerAnswer;
using Clock = std::chrono::steady_clock;

SubscriberOptions fast(const std::string& url) {
  SubscriberOptions options;
  options.connection.url = url;
  options.connection.access_key = "key";
  options.connection.secret_key = Secret("secret");
  options.health_port = 0;
  options.health_address = "127.0.0.1";
  options.limits.first_wait = milliseconds(10);
  options.limits.most_wait = milliseconds(40);
  options.limits.refused_wait = milliseconds(60);
  options.limits.ping_interval = milliseconds(20);
  return options;
}

ServerAnswer answer(int status, const json& body = json::object()) {
  ServerAnswer result;
  result.status = status;
  result.body = body.dump();
  return result;
}

bool wait(const std::function<bool()>& condition) {
  const auto until = Clock::now() + seconds(20);
  while (!condition()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

http::Response health(const Subscriber& subscriber, const std::string& target = "/healthcheck") {
  http::ClientOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(subscriber.health_port());
  http::Request request;
  request.target = target;
  return http::Client(options).send(request);
}

/// What was heard, for tests to look at from another thread.
struct Names {
  std::mutex mutex;
  std::vector<std::string> seen;
  void add(const std::string& name) {
    const std::lock_guard lock(mutex);
    seen.push_back(name);
  }
  [[nodiscard]] std::vector<std::string> copy() {
    const std::lock_guard lock(mutex);
    return seen;
  }
};

TEST(Subscriber, events_reach_their_handler_in_order_and_no_other) {
  FakeServer server;
  Names names;
  Subscriber subscriber(fast(server.url("")));
  subscriber.on("resource.change",
                [&](const Event& event) { names.add(event.data.at("n").get<std::string>()); });
  subscriber.on("other", [&](const Event&) { names.add("other"); });
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  for (int i = 0; i < 100; ++i)
    server.send(json({{"id", "x"}, {"name", "resource.change"}, {"data", {{"n", std::to_string(i)}}}}));
  ASSERT_TRUE(wait([&] { return names.copy().size() == 100; }));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(names.copy()[i], std::to_string(i));
  EXPECT_EQ(server.requests("/subscribe")[0].target,
            "/v2-beta/subscribe?eventNames=other&eventNames=resource.change");
  EXPECT_TRUE(server.replies().empty());
}

TEST(Subscriber, E20_E22_a_version_in_the_url_is_cut_off_and_only_the_option_counts) {
  FakeServer server;
  struct Case {
    const char* path;
    const char* project;
    const char* version;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", "", "v2-beta", "/v2-beta/subscribe"},
           {"/", "", "v2-beta", "/v2-beta/subscribe"},
           {"/v1", "", "v2-beta", "/v2-beta/subscribe"},
           {"/v1/", "", "v2-beta", "/v2-beta/subscribe"},
           {"/v2-beta", "", "v1", "/v1/subscribe"},
           {"/v1", "1a5", "v2-beta", "/v2-beta/projects/1a5/subscribe"},
           {"/v1/projects/1a7", "", "v2-beta", "/v2-beta/projects/1a7/subscribe"},
           {"/behind/a/path/v1", "", "v2-beta", "/behind/a/path/v2-beta/subscribe"}}) {
    const auto before = server.subscribed();
    auto options = fast(server.url(c.path));
    options.project = c.project;
    options.api_version = c.version;
    Subscriber subscriber(options);
    subscriber.on("ping", [](const Event&) {});
    subscriber.start();
    ASSERT_TRUE(server.wait_subscribed(before + 1)) << c.path;
    EXPECT_EQ(server.requests("/subscribe").back().path, c.expected);
  }
}

TEST(Subscriber, E21_a_persons_key_is_led_to_its_only_project) {
  FakeServer server;
  server.answer("/v2-beta/subscribe", answer(404));
  server.answer("/v2-beta/projects", answer(503), 1);
  server.answer("/v2-beta/projects",
                answer(200, {{"data",
                              {{{"id", "1a5"}, {"name", "Default"}, {"state", "active"}},
                               {{"id", "1a6"}, {"name", "Gone"}, {"state", "removed"}}}}}));
  Subscriber subscriber(fast(server.url("/v1")));
  subscriber.on("resource.change", [](const Event&) {});
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  EXPECT_EQ(server.requests("/subscribe").back().path, "/v2-beta/projects/1a5/subscribe");
  EXPECT_TRUE(wait([&] { return subscriber.healthy(); }));
  EXPECT_EQ(server.most_open(), 1U);
}

TEST(Subscriber, E21_several_projects_are_named) {
  FakeServer server;
  server.answer("/v2-beta/subscribe", answer(404));
  server.answer(
      "/v2-beta/projects",
      answer(200, {{"data", {{{"id", "1a5"}, {"name", "Default"}}, {{"id", "1a7"}, {"name", "Shop"}}}}}));
  Subscriber subscriber(fast(server.url()));
  subscriber.on("resource.change", [](const Event&) {});
  try {
    subscriber.run();
    FAIL() << "it went on";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "this key may see several projects, name one of them: 1a5 (Default), 1a7 (Shop)");
  }
}

TEST(Subscriber, E21_a_foreign_project_is_told_from_a_wrong_key) {
  FakeServer server;
  const std::map<int, std::string> told = {{403, "no access to this project"},
                                           {401, "does not know this key"}};
  for (const auto& [status, words] : told) {
    Names names;
    server.answer("/subscribe", answer(status));
    auto options = fast(server.url());
    options.project = "1a99";
    Subscriber subscriber(options);
    subscriber.on_outage([&](const Outage& outage) { names.add(outage.detail); });
    subscriber.start();
    ASSERT_TRUE(wait([&] { return !names.copy().empty(); }));
    EXPECT_NE(names.copy()[0].find(words), std::string::npos) << names.copy()[0];
  }
}

TEST(Subscriber, an_answer_becomes_the_reply_and_a_throw_an_error) {
  FakeServer server;
  Subscriber subscriber(fast(server.url()));
  subscriber.answer("ask", [](const Event& event) {
    if (event.id == "bad") throw std::runtime_error("can't");
    return json({{"thing", {{"id", event.id}}}});
  });
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  for (const char* id : {"good", "bad"})
    server.send(json({{"id", id}, {"name", "ask"}, {"replyTo", "reply.1"}, {"resourceId", "1i7"}}));
  const auto good = server.wait_reply("good");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->at("data"), json::parse(R"({"thing":{"id":"good"}})"));
  EXPECT_EQ(good->at("resourceId"), "1i7");
  const auto bad = server.wait_reply("bad");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->at("transitioningMessage"), "can't");
  server.send(json({{"id", "tell"}, {"name", "ask"}}));
  server.send(json({{"id", "last"}, {"name", "ask"}, {"replyTo", "reply.1"}}));
  ASSERT_TRUE(server.wait_reply("last"));
  EXPECT_TRUE(server.replies_to("tell").empty());
}

TEST(Subscriber, a_handler_that_throws_and_a_frame_that_is_no_event_harm_nobody) {
  FakeServer server;
  Names names;
  Subscriber subscriber(fast(server.url()));
  subscriber.on("x", [&](const Event& event) {
    if (event.id == "1") throw std::runtime_error("oops");
    names.add(event.id);
  });
  subscriber.on_trouble([&](const std::string& sentence) { names.add(sentence); });
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  server.send("garbage");
  server.send(json({{"id", "1"}, {"name", "x"}}));
  server.send(json({{"id", "2"}, {"name", "x"}}));
  ASSERT_TRUE(wait([&] { return names.copy().size() == 2; }));
  EXPECT_EQ(names.copy(), (std::vector<std::string>{"the handler of x failed: oops", "2"}));
}

TEST(Subscriber, events_beyond_the_bound_are_dropped_and_counted) {
  FakeServer server;
  Names names;
  auto options = fast(server.url());
  options.most_waiting = 10;
  Subscriber subscriber(options);
  std::mutex gate;
  std::unique_lock closed(gate);
  subscriber.on("x", [&](const Event& event) {
    const std::lock_guard pass(gate);
    names.add(event.id);
  });
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  for (int i = 0; i < 50; ++i) server.send(json({{"id", std::to_string(i)}, {"name", "x"}}));
  ASSERT_TRUE(wait([&] { return subscriber.dropped() >= 39; }));
  closed.unlock();
  ASSERT_TRUE(wait([&] { return names.copy().size() + subscriber.dropped() == 50; }));
}

TEST(Subscriber, health_is_red_green_red_green) {
  FakeServer server;
  server.stop();
  Subscriber subscriber(fast(server.url()));
  subscriber.on("x", [](const Event&) {});
  EXPECT_FALSE(subscriber.healthy());
  EXPECT_EQ(subscriber.health_port(), 0);
  subscriber.start();
  EXPECT_EQ(health(subscriber).status, 503);
  ASSERT_TRUE(wait([&] { return health(subscriber).body.starts_with("connect: "); }));
  server.start();
  ASSERT_TRUE(wait([&] { return health(subscriber).status == 200; }));
  server.stop();
  ASSERT_TRUE(wait([&] { return health(subscriber).status == 503; }));
  server.start();
  ASSERT_TRUE(wait([&] { return health(subscriber).status == 200; }));
  EXPECT_EQ(health(subscriber, "/healthcheck?x=1").status, 200);
  EXPECT_EQ(health(subscriber, "/other").status, 404);
}

TEST(Subscriber, a_silent_link_is_ill) {
  FakeServer server;
  auto options = fast(server.url());
  options.limits.silence = milliseconds(300);
  options.limits.first_wait = options.limits.most_wait = std::chrono::minutes(1);
  Subscriber subscriber(options);
  subscriber.on("x", [](const Event&) {});
  subscriber.start();
  ASSERT_TRUE(wait([&] { return subscriber.healthy(); }));
  server.freeze();
  ASSERT_TRUE(wait([&] { return health(subscriber).status == 503; }));
  EXPECT_TRUE(health(subscriber).body.starts_with("read: ")) << health(subscriber).body;
}

TEST(Subscriber, a_health_port_that_is_taken_is_told_at_start) {
  FakeServer server;
  auto options = fast(server.url());
  options.health_port = server.port();
  Subscriber subscriber(options);
  EXPECT_THROW(subscriber.start(), std::runtime_error);
}

TEST(SubscriberOptions, E22_come_from_the_environment_and_what_is_missing_is_named) {
  const std::vector<std::pair<const char*, const char*>> all = {
      {"CATTLE_URL", "http://h:8080/v1"}, {"CATTLE_ACCESS_KEY", "a"}, {"CATTLE_SECRET_KEY", "s"}};
  for (const auto& [name, value] : all) setenv(name, value, 1);
  unsetenv("HEALTH_PORT");
  const auto options = SubscriberOptions::from_environment();
  EXPECT_EQ(options.connection.url, "http://h:8080/v1");
  EXPECT_EQ(options.connection.access_key, "a");
  EXPECT_EQ(options.connection.secret_key.reveal(), "s");
  EXPECT_EQ(options.health_port, 10240);
  setenv("HEALTH_PORT", "8081", 1);
  EXPECT_EQ(SubscriberOptions::from_environment().health_port, 8081);
  for (const char* wrong : {"0", "70000", "x", "80x"}) {
    setenv("HEALTH_PORT", wrong, 1);
    EXPECT_THROW((void)SubscriberOptions::from_environment(), std::invalid_argument) << wrong;
  }
  unsetenv("HEALTH_PORT");
  for (const auto& [name, value] : all) {
    unsetenv(name);
    try {
      (void)SubscriberOptions::from_environment();
      FAIL() << name;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
    }
    setenv(name, value, 1);
  }
  for (const auto& [name, value] : all) unsetenv(name);
}

}  // namespace
}  // namespace cattle::subscriber
