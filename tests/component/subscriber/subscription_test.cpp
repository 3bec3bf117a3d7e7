// SPDX-License-Identifier: Apache-2.0
// What goes over a subscription that stands, and how it ends when it is told to.
#include "tests/component/subscriber/subscription_fixture.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::ServerAnswer;
using Clock = std::chrono::steady_clock;

TEST_F(Subscribed, R1_R2_request_names_each_event_and_carries_the_key) {
  begin(fast(server));
  const auto requests = server.requests("/subscribe");
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target, "/v1/subscribe?eventNames=ping&eventNames=compute.instance.activate");
  EXPECT_EQ(requests[0].header("authorization"), "Basic a2V5OnNlY3JldA==");
  EXPECT_EQ(requests[0].header("host"), "127.0.0.1:" + std::to_string(server.port()));
}

TEST_F(Subscribed, E13_agent_id_is_sent_only_when_given) {
  begin(fast(server));
  EXPECT_TRUE(server.requests("/subscribe")[0].values("agentId").empty());
  subscription->stop();

  auto options = fast(server);
  options.agent_id = "1a5";
  begin(options);
  ASSERT_TRUE(server.wait_subscribed(2));
  const auto request = server.requests("/subscribe")[1];
  EXPECT_EQ(request.values("agentId"), std::vector<std::string>{"1a5"});
  EXPECT_EQ(request.values("eventNames"),
            (std::vector<std::string>{"ping;agent=1a5", "compute.instance.activate;agent=1a5"}));
}

TEST_F(Subscribed, R3_nothing_is_sent_before_the_answer_was_read) {
  ServerAnswer late = status(101);
  late.delay = milliseconds(200);  // Ten ping intervals.
  server.answer("/subscribe", late);
  begin(fast(server));
  EXPECT_EQ(server.early_bytes(), 0U);
}

TEST_F(Subscribed, R4_R10_no_extension_is_offered_and_authentication_is_enforced) {
  begin(fast(server));
  const auto request = server.requests("/subscribe").at(0);
  EXPECT_EQ(request.header("sec-websocket-extensions"), "");
  EXPECT_EQ(request.header("sec-websocket-protocol"), "");
  EXPECT_EQ(request.header("x-enforce-authentication"), "true");
}

TEST_F(Subscribed, R5_fragments_and_control_frames_between_them_are_one_message) {
  begin(fast(server));
  const std::string text = "  " + std::string(kEvent) + "\n";
  server.send_fragmented(text, 7, true);
  ASSERT_TRUE(recorder.wait_frames(1));
  EXPECT_EQ(recorder.frames(), std::vector<std::string>{text});
}

TEST_F(Subscribed, R5_binary_and_blank_messages_are_ignored) {
  begin(fast(server));
  server.send_binary(std::string("\x00\xff\x01", 3));
  server.send("");
  server.send(" \r\n\t ");
  server.send_binary(std::string(3'000'000, 'x'));
  server.send("garbage");
  server.send(kEvent);
  ASSERT_TRUE(recorder.wait_frames(2));
  EXPECT_EQ(recorder.frames(), (std::vector<std::string>{"garbage", kEvent}));
  EXPECT_EQ(server.subscribed(), 1U);
}

TEST_F(Subscribed, S42_a_message_of_1_MiB_comes_whole_in_one_frame_and_in_many) {
  begin(fast(server));
  const std::string text = "{\"data\":\"" + std::string(1U << 20U, 'y') + "\"}";
  server.send(text);
  server.send_fragmented(text, 64UL * 1024);
  ASSERT_TRUE(recorder.wait_frames(2));
  EXPECT_EQ(recorder.frames(), (std::vector<std::string>{text, text}));
}

TEST_F(Subscribed, R5_64_MiB_are_taken_and_one_byte_more_ends_the_connection_only) {
  begin(fast(server));
  const std::string most(64UL << 20U, 'z');
  server.send(most);
  ASSERT_TRUE(recorder.wait_frames(1));
  EXPECT_EQ(recorder.frames()[0].size(), most.size());
  server.send(most + "z");
  ASSERT_TRUE(server.wait_subscribed(2));
  server.send(kEvent);
  ASSERT_TRUE(recorder.wait_frames(2));
  EXPECT_EQ(recorder.frames()[1], kEvent);
}

TEST_F(Subscribed, R5_a_frame_that_breaks_the_protocol_leads_to_a_new_subscription) {
  begin(fast(server));
  server.send_raw(std::string("\xf3\x01Q", 3));  // Reserved bits.
  ASSERT_TRUE(server.wait_subscribed(2));
  ASSERT_TRUE(recorder.wait_outages(1));
  EXPECT_EQ(recorder.outages()[0].step, Step::read);
}

TEST_F(Subscribed, R6_ping_frames_are_answered) {
  begin(fast(server));
  server.send_ping("are you there");
  const auto until = Clock::now() + seconds(10);
  while (server.pongs().empty() && Clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(server.pongs(), std::vector<std::string>{"are you there"});
}

TEST_F(Subscribed, R6_a_burst_arrives_whole_and_in_order) {
  begin(fast(server));
  for (int i = 0; i < 10'000; ++i) server.send(std::to_string(i));
  ASSERT_TRUE(recorder.wait_frames(10'000));
  const auto frames = recorder.frames();
  for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(frames[i], std::to_string(i));
}

TEST_F(Subscribed, S37_no_double_slash_whatever_the_url_ends_in) {
  auto options = fast(server, "/v1//");
  options.path = "//projects/1a5/subscribe";
  begin(options);
  EXPECT_EQ(server.requests("/subscribe")[0].path, "/v1/projects/1a5/subscribe");
}

TEST_F(Subscribed, stop_sends_a_close_frame_and_is_quick) {
  begin(fast(server));
  const auto started = Clock::now();
  subscription->stop();
  EXPECT_LT(Clock::now() - started, milliseconds(450));
  const auto until = Clock::now() + seconds(5);
  while (server.close_codes().empty() && Clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(server.close_codes(), std::vector<std::uint16_t>{1000});
  EXPECT_FALSE(subscription->health().subscribed);
}

TEST_F(Subscribed, stop_does_not_wait_for_a_frozen_server) {
  begin(fast(server));
  server.freeze();
  const auto started = Clock::now();
  subscription->stop();
  EXPECT_LT(Clock::now() - started, seconds(2));
}

TEST_F(Subscribed, stop_ends_every_phase) {
  ServerAnswer hang;
  hang.kind = ServerAnswer::Kind::hang;
  server.answer("/subscribe", hang);
  Subscription upgrading(fast(server), recorder.listener());
  upgrading.start();
  ASSERT_TRUE(server.wait_requests("/subscribe", 1));
  upgrading.stop();

  server.answer("/subscribe", status(401));
  auto options = fast(server);
  options.refused_wait = std::chrono::hours(1);
  Subscription waiting(options, recorder.listener());
  waiting.start();
  ASSERT_TRUE(recorder.wait_outages(1));
  waiting.stop();

  Subscription young(fast(server), recorder.listener());
  young.start();
  young.stop();
  const Subscription unborn(fast(server), recorder.listener());
}

TEST_F(Subscribed, a_name_is_resolved) {
  auto options = fast(server);
  options.connection.url = server.url("/v1", "localhost");
  begin(options);
  EXPECT_EQ(server.requests("/subscribe")[0].header("host"), "localhost:" + std::to_string(server.port()));
}

TEST_F(Subscribed, pause_keeps_the_link_but_delivers_nothing) {
  begin(fast(server));
  server.send("before");
  ASSERT_TRUE(recorder.wait_frames(1));
  subscription->pause();
  server.send("after");
  server.send_ping("read");
  const auto until = Clock::now() + seconds(5);
  while (server.pongs().empty() && Clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(recorder.frames(), std::vector<std::string>{"before"});
  EXPECT_EQ(server.open(), 1U);
}

TEST_F(Subscribed, health_tells_what_is_the_matter) {
  ServerAnswer accept = status(101);
  begin(fast(server));
  server.send(kEvent);
  ASSERT_TRUE(recorder.wait_frames(1));
  const Health well = subscription->health();
  EXPECT_TRUE(well.subscribed);
  EXPECT_FALSE(well.outage);
  ASSERT_TRUE(well.last_received);
  EXPECT_LT(Clock::now() - *well.last_received, seconds(10));
  server.stop();
  ASSERT_TRUE(recorder.wait_details(1));
  const Health ill = subscription->health();
  EXPECT_FALSE(ill.subscribed);
  ASSERT_TRUE(ill.outage);
  EXPECT_EQ(ill.outage->step, Step::connect);
}

TEST(Subscription, an_address_that_is_none_is_refused_at_once) {
  SubscriptionOptions options;
  options.connection.url = "not an address";
  EXPECT_THROW(Subscription(options, {}), std::invalid_argument);
}

}  // namespace
}  // namespace cattle::subscriber
