// SPDX-License-Identifier: Apache-2.0
// How events are handed out, and what is told about the link.
#include "docker-client/http/client.hpp"
#include "tests/component/subscriber/subscriber_fixture.hpp"
#include "tests/support/fake_server.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace cattle::subscriber {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using support::FakeServer;

http::Response health(const Subscriber& subscriber, const std::string& target = "/healthcheck") {
  http::ClientOptions options;
  options.base_url = "http://127.0.0.1:" + std::to_string(subscriber.health_port());
  http::Request request;
  request.target = target;
  return http::Client(options).send(request);
}

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

}  // namespace
}  // namespace cattle::subscriber
