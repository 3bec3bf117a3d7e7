// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/publisher.hpp"

#include "cattle/subscriber/reply.hpp"
#include "tests/support/fake_server.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::FakeServer;
using support::ServerAnswer;
using Clock = std::chrono::steady_clock;
using Kind = PublishResult::Kind;

const std::string kBody = R"({"name":"reply.1","previousIds":["a"],"data":{"x":{}}})";

PublisherOptions fast_publisher(const FakeServer& server) {
  PublisherOptions options;
  options.connection.url = server.url();
  options.connection.access_key = "key";
  options.connection.secret_key = Secret("secret");
  options.least_attempt = options.most_attempt = milliseconds(2000);
  options.first_wait = milliseconds(5);
  options.most_wait = milliseconds(20);
  return options;
}

std::function<Clock::time_point()> within(milliseconds time) {
  return [until = Clock::now() + time] { return until; };
}

ServerAnswer with_status(int code) {
  ServerAnswer answer;
  answer.status = code;
  answer.body = "because";
  return answer;
}

TEST(Publisher, a_reply_is_posted_as_json_with_the_key) {
  const FakeServer server;
  const Publisher publisher(fast_publisher(server));
  const auto result = publisher.publish(kBody, within(seconds(5)), {});
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_EQ(result.status, 201);
  EXPECT_EQ(result.attempts, 1);
  EXPECT_EQ(result.detail, "");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/publish");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("authorization"), "Basic a2V5OnNlY3JldA==");
  EXPECT_EQ(request.body, kBody);
}

TEST(Publisher, S37_no_double_slash_whatever_the_url_ends_in) {
  const FakeServer server;
  for (const char* path : {"/v1", "/v1/", "//v1//"}) {
    auto options = fast_publisher(server);
    options.connection.url = server.url(path);
    EXPECT_EQ(Publisher(options).publish_once(kBody).status, 201);
    EXPECT_EQ(server.requests().back().target, "/v1/publish") << path;
  }
}

TEST(Publisher, E5_R22_the_same_body_is_posted_again_until_it_is_accepted) {
  FakeServer server;
  server.answer("/publish", with_status(500), 3);
  const Publisher publisher(fast_publisher(server));
  const auto result = publisher.publish(kBody, within(seconds(10)), {});
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_EQ(result.attempts, 4);
  const auto requests = server.requests("/publish");
  ASSERT_EQ(requests.size(), 4U);
  for (const auto& request : requests) EXPECT_EQ(request.body, kBody);
  EXPECT_EQ(server.replies().size(), 1U);
}

TEST(Publisher, R22_any_4xx_ends_the_matter) {
  FakeServer server;
  const Publisher publisher(fast_publisher(server));
  for (const int code : {400, 401, 403, 404, 422}) {
    const auto before = server.requests().size();
    server.answer("/publish", with_status(code), 1);
    const auto result = publisher.publish(kBody, within(seconds(10)), {});
    EXPECT_EQ(result.kind, Kind::refused);
    EXPECT_EQ(result.status, code);
    EXPECT_EQ(result.detail, "HTTP " + std::to_string(code) + ": because");
    EXPECT_EQ(server.requests().size(), before + 1);
  }
}

TEST(Publisher, R22_transport_errors_are_retried_across_a_restart) {
  FakeServer server;
  const Publisher publisher(fast_publisher(server));
  server.stop();
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(100));
    server.start();
  });
  const auto result = publisher.publish(kBody, within(seconds(20)), {});
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_GT(result.attempts, 1);
}

TEST(Publisher, R22_dropped_and_unanswered_posts_are_retried) {
  FakeServer server;
  ServerAnswer drop;
  drop.kind = ServerAnswer::Kind::drop;
  ServerAnswer hang;
  hang.kind = ServerAnswer::Kind::hang;
  server.answer("/publish", drop, 1);
  server.answer("/publish", hang, 1);
  auto options = fast_publisher(server);
  options.least_attempt = options.most_attempt = milliseconds(200);
  const auto result = Publisher(options).publish(kBody, within(seconds(20)), {});
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_GE(result.attempts, 3);
}

TEST(Publisher, R22_an_attempt_leaves_time_for_the_next_when_nobody_answers_it) {
  FakeServer server;
  ServerAnswer hang;
  hang.kind = ServerAnswer::Kind::hang;
  server.answer("/publish", hang, 1);
  auto options = fast_publisher(server);
  options.least_attempt = milliseconds(50);
  options.most_attempt = seconds(10);
  const auto begun = Clock::now();
  std::vector<milliseconds> told;
  const auto result = Publisher(options).publish(kBody, within(milliseconds(2'000)), {},
                                                 [&](milliseconds waited) { told.push_back(waited); });
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_EQ(result.attempts, 2);
  EXPECT_GE(Clock::now() - begun, milliseconds(1'450));
  EXPECT_LT(Clock::now() - begun, milliseconds(2'000));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_LE(told[0], milliseconds(1'500));
}

TEST(Publisher, R22_a_server_that_is_only_slow_gets_the_reply_once) {
  FakeServer server;
  ServerAnswer slow;
  slow.delay = milliseconds(800);
  server.answer("/publish", slow);
  auto options = fast_publisher(server);
  options.least_attempt = milliseconds(50);
  options.most_attempt = seconds(30);
  const auto result = Publisher(options).publish(kBody, within(milliseconds(2'000)), {},
                                                 [](milliseconds) { ADD_FAILURE() << "it was answered"; });
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_EQ(result.attempts, 1);
  EXPECT_EQ(server.requests("/publish").size(), 1U);
}

TEST(Publisher, R22_that_nobody_answers_is_told_once_and_the_last_attempt_ends_with_the_events_time) {
  FakeServer server;
  ServerAnswer hang;
  hang.kind = ServerAnswer::Kind::hang;
  server.answer("/publish", hang);
  auto options = fast_publisher(server);
  options.least_attempt = milliseconds(300);
  int told = 0;
  const auto begun = Clock::now();
  const auto result =
      Publisher(options).publish(kBody, within(milliseconds(1'000)), {}, [&](milliseconds) { ++told; });
  EXPECT_EQ(result.kind, Kind::gave_up);
  EXPECT_GE(result.attempts, 2);
  EXPECT_EQ(told, 1);
  EXPECT_LT(Clock::now() - begun, milliseconds(1'200));
}

TEST(Publisher, R22_what_got_no_answer_is_posted_again_on_a_connection_of_its_own) {
  FakeServer server;
  auto options = fast_publisher(server);
  options.least_attempt = options.most_attempt = milliseconds(300);
  const Publisher publisher(options);
  ServerAnswer slow;
  slow.delay = milliseconds(100);
  server.answer("/publish", slow, 2);
  std::jthread beside([&] { (void)publisher.publish_once(kBody); });
  (void)publisher.publish_once(kBody);
  beside.join();  // Two connections are kept now.
  server.ignore_open_connections();
  const auto result = publisher.publish(kBody, within(seconds(10)), {});
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_EQ(result.attempts, 2);
}

TEST(Publisher, it_gives_up_loudly_when_the_time_is_over_but_posts_at_least_once) {
  FakeServer server;
  server.answer("/publish", with_status(503));
  const Publisher publisher(fast_publisher(server));
  const auto late = publisher.publish(kBody, within(seconds(-5)), {});
  EXPECT_EQ(late.kind, Kind::gave_up);
  EXPECT_EQ(late.attempts, 1);
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.detail, "HTTP 503: because");
  const auto in_time = publisher.publish(kBody, within(milliseconds(200)), {});
  EXPECT_EQ(in_time.kind, Kind::gave_up);
  EXPECT_GT(in_time.attempts, 5);
}

TEST(Publisher, the_deadline_may_move) {
  FakeServer server;
  server.answer("/publish", with_status(500), 8);
  const Publisher publisher(fast_publisher(server));
  int asked = 0;
  const auto result = publisher.publish(kBody,
                                        [&asked] {
                                          ++asked;
                                          return Clock::now() + milliseconds(500);
                                        },
                                        {});
  EXPECT_EQ(result.kind, Kind::accepted);
  EXPECT_EQ(asked, 17) << "before each of nine attempts, and before each of the eight waits between them";
}

TEST(Publisher, stop_ends_the_waiting) {
  FakeServer server;
  server.answer("/publish", with_status(500));
  auto options = fast_publisher(server);
  options.first_wait = options.most_wait = std::chrono::hours(1);
  const Publisher publisher(options);
  std::stop_source stop;
  std::jthread later([&] {
    EXPECT_TRUE(server.wait_requests("/publish", 1));
    stop.request_stop();
  });
  const auto result = publisher.publish(kBody, within(std::chrono::hours(1)), stop.get_token());
  EXPECT_EQ(result.kind, Kind::gave_up);
  EXPECT_EQ(result.attempts, 1);
}

TEST(Publisher, R17_the_servers_checks_take_what_the_encoders_make) {
  FakeServer server;
  const Publisher publisher(fast_publisher(server));
  Event event;
  event.id = "a";
  event.reply_to = "reply.1";
  EXPECT_EQ(publisher.publish_once(encode_reply(event, {{"k", {{"v", 1}}}})).status, 201);
  EXPECT_EQ(publisher.publish_once(encode_error(event, "x")).status, 201);
  EXPECT_EQ(publisher.publish_once(encode_progress(event, "x", 5)).status, 201);
  EXPECT_EQ(server.replies_to("a").size(), 3U);
  EXPECT_EQ(server.wait_reply("a", milliseconds(0))->at("transitioning"), "error");
}

}  // namespace
}  // namespace cattle::subscriber
