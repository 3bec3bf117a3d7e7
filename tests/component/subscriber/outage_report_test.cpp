// SPDX-License-Identifier: Apache-2.0
// Which outages are told, and how often.
#include "tests/component/subscriber/subscription_fixture.hpp"

#include <chrono>
#include <string>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST_F(Subscribed, R8_outage_is_told_once_until_something_was_received) {
  auto options = fast(server);
  options.ping_interval = milliseconds(60'000);
  begin(options);
  for (std::size_t i = 2; i < 6; ++i) {
    server.cut();
    ASSERT_TRUE(server.wait_subscribed(i));
    ASSERT_TRUE(recorder.wait_subscribed(i));
  }
  EXPECT_EQ(recorder.outages().size(), 1U);
  server.send(kEvent);
  ASSERT_TRUE(recorder.wait_frames(1));
  server.cut();
  ASSERT_TRUE(recorder.wait_outages(2));
}

TEST_F(Subscribed, R8_each_outage_of_a_link_that_only_pongs_kept_alive_is_told) {
  auto options = fast(server);
  options.first_wait = options.most_wait = milliseconds(1);
  begin(options);
  for (std::size_t i = 1; i < 4; ++i) {
    const auto seen = server.pings();
    ASSERT_TRUE(soon([&] { return server.pings() > seen + 2; }));
    server.cut();
    ASSERT_TRUE(recorder.wait_outages(i));
    ASSERT_TRUE(server.wait_subscribed(i + 1));
    ASSERT_TRUE(recorder.wait_subscribed(i + 1));
  }
  EXPECT_EQ(recorder.outages().size(), 3U);
}

TEST_F(Subscribed, R8_a_subscription_that_held_for_a_while_ends_an_outage_although_nothing_was_heard) {
  auto options = fast(server);
  options.ping_interval = milliseconds(60'000);
  options.good_after = milliseconds(50);
  begin(options);
  for (std::size_t i = 1; i < 3; ++i) {
    const auto since = Clock::now();
    ASSERT_TRUE(soon([&] { return Clock::now() - since > milliseconds(80); }));
    server.cut();
    ASSERT_TRUE(recorder.wait_outages(i));
    ASSERT_TRUE(recorder.wait_subscribed(i + 1));
  }
}

TEST_F(Subscribed, R8_a_server_that_takes_subscriptions_only_to_close_them_is_one_outage) {
  auto options = fast(server);
  options.ping_interval = milliseconds(60'000);
  begin(options);
  for (std::size_t i = 2; i < 8; ++i) {
    i % 2 == 0 ? server.close(1000) : server.send(std::string(R"({"name":"logout"})"));
    ASSERT_TRUE(server.wait_subscribed(i));
    ASSERT_TRUE(recorder.wait_subscribed(i));
  }
  EXPECT_EQ(recorder.outages().size(), 1U);
}

TEST_F(Subscribed, R8_S40_a_server_that_restarts_is_one_matter_and_its_refusal_another) {
  begin(fast(server));
  server.stop();
  ASSERT_TRUE(recorder.wait_details(1));
  ASSERT_EQ(recorder.outages().size(), 1U) << "one line says that the server can't be reached";
  EXPECT_EQ(recorder.outages()[0].trouble, Trouble::closed);
  EXPECT_EQ(recorder.details()[0].step, Step::connect);
  EXPECT_EQ(recorder.details()[0].trouble, Trouble::unreachable);
  EXPECT_NE(recorder.details()[0].detail.find("refused"), std::string::npos);
  server.answer("/subscribe", status(502, "broker: not ready"));
  server.start();
  ASSERT_TRUE(recorder.wait_outages(2));
  EXPECT_EQ(recorder.outages()[1].trouble, Trouble::unreachable);
  EXPECT_EQ(recorder.outages()[1].status, 502);
  EXPECT_EQ(recorder.outages()[1].detail, "HTTP 502 Bad Gateway: broker: not ready");
  server.forget_answers();
  ASSERT_TRUE(server.wait_subscribed(2));
  EXPECT_EQ(recorder.outages().size(), 2U);
  EXPECT_EQ(recorder.details().size(), 1U);
}

TEST_F(Subscribed, R8_each_kind_of_trouble_is_told_once_in_an_outage_also_when_they_come_in_turn) {
  for (int i = 0; i < 4; ++i) {
    server.answer("/subscribe", status(502), 1);
    server.answer("/subscribe", status(503), 1);
  }
  begin(fast(server));
  ASSERT_EQ(recorder.outages().size(), 2U);
  EXPECT_EQ(recorder.outages()[0].status, 502);
  EXPECT_EQ(recorder.outages()[1].status, 503);
  server.send(kEvent);
  ASSERT_TRUE(recorder.wait_frames(1));
  server.answer("/subscribe", status(502), 1);
  server.cut();
  ASSERT_TRUE(server.wait_subscribed(2));
  ASSERT_TRUE(recorder.wait_outages(4));
  EXPECT_EQ(recorder.outages()[3].status, 502) << "another outage";
}

}  // namespace
}  // namespace cattle::subscriber
