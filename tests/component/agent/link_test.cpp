// SPDX-License-Identifier: Apache-2.0
// The link goes, the agent stays.
#include "tests/component/agent/running_agent.hpp"

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class LinkTest : public AgentTest {};

/// The eleven of the Go agent and host.port.check (S1), and the two more of the Python agent.
TEST_F(LinkTest, R1_S1_one_subscription_with_every_name_of_the_table) {
  start();
  const auto requests = server_.requests("/subscribe");
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(
      requests.front().values("eventNames"),
      testing::UnorderedElementsAreArray(
          {"ping", "config.update", "compute.instance.activate", "compute.instance.deactivate",
           "compute.instance.remove", "compute.instance.force.stop", "compute.instance.inspect",
           "compute.instance.pull", "storage.image.activate", "storage.volume.activate",
           "storage.volume.deactivate", "storage.volume.remove", "host.port.check", "delegate.request"}));
  EXPECT_THAT(engine_.calls(), SizeIs(0)) << "nothing slow comes before the subscription";
}

TEST_F(LinkTest, H121_work_goes_on_and_is_published_while_the_link_is_cut) {
  engine_.add_image("local/box:1");
  start();
  engine_.set_delay(100ms);
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  server_.cut();
  const auto reply = server_.wait_reply("a1", 20s);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->contains("transitioning"));
  ASSERT_TRUE(server_.wait_subscribed(2));
  EXPECT_EQ(server_.most_open(), 1U);
  engine_.set_delay(0ms);
  server_.send(ping_event("p1"));
  EXPECT_TRUE(server_.wait_reply("p1"));
}

TEST_F(LinkTest, H121_a_reply_waits_for_a_server_that_is_away) {
  engine_.add_image("local/box:1");
  start();
  engine_.set_delay(100ms);
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  server_.stop();
  ASSERT_TRUE(logged("not subscribed"));
  ASSERT_TRUE(engine_.wait_for_calls("POST", "/start", 1));
  server_.start();
  EXPECT_TRUE(server_.wait_reply("a1", 20s));
  EXPECT_THAT(final_replies("a1"), SizeIs(1));
}

TEST_F(LinkTest, E16_R7_a_frozen_link_is_noticed_and_replaced) {
  options_.subscription.silence = 500ms;
  start();
  server_.freeze();
  ASSERT_TRUE(server_.wait_subscribed(2));
  EXPECT_TRUE(logged("nothing was heard from the server"));
  EXPECT_TRUE(logged("was away for"));
  server_.send(ping_event("p1"));
  EXPECT_TRUE(server_.wait_reply("p1"));
}

TEST_F(LinkTest, S40_a_server_that_is_not_up_yet_is_waited_for) {
  server_.answer("/subscribe", {503, "starting"}, 2);
  agent_ = std::make_unique<Agent>(options_);
  agent_->start();
  ASSERT_TRUE(server_.wait_subscribed(1));
  EXPECT_TRUE(logged("503"));
  EXPECT_TRUE(logged("after trying for"));
}

TEST_F(LinkTest, refusals_are_told_apart_once_each) {
  for (const int status : {401, 403, 404, 422, 500})
    server_.answer("/subscribe", {status, "no: " + std::to_string(status)}, 2);
  agent_ = std::make_unique<Agent>(options_);
  agent_->start();
  ASSERT_TRUE(server_.wait_subscribed(1, 20s));
  ASSERT_TRUE(logged("subscribed to"));
  EXPECT_EQ(times_logged("does not accept the credentials"), 1U);
  EXPECT_EQ(times_logged("no usable agent for this key"), 1U);
  EXPECT_EQ(times_logged("has no such address"), 1U);
  EXPECT_EQ(times_logged("can't tell which agent this is"), 1U);
  EXPECT_EQ(times_logged("no: 500"), 1U);
  EXPECT_EQ(times_logged("not subscribed"), 5U);
}

TEST_F(LinkTest, S57_P45_a_key_that_is_no_agents_is_warned_about_and_tried_again) {
  server_.answer("/subscribe", {101, "", {{"X-API-ACCOUNT-KIND", "admin"}}}, 2);
  server_.answer("/subscribe", {101, "", {{"X-API-ACCOUNT-KIND", "agent"}}});
  agent_ = std::make_unique<Agent>(options_);
  agent_->start();
  ASSERT_TRUE(logged("subscribed to"));
  EXPECT_EQ(times_logged("of kind admin, not of kind agent"), 1U);
  EXPECT_THAT(server_.requests("/subscribe"), SizeIs(3));
}

TEST_F(LinkTest, S38_the_key_is_to_be_checked_and_401_is_a_wrong_key) {
  server_.answer("/subscribe", {401, "{}"}, 1);
  agent_ = std::make_unique<Agent>(options_);
  agent_->start();
  ASSERT_TRUE(server_.wait_subscribed(1));
  for (const auto& request : server_.requests("/subscribe"))
    EXPECT_EQ(request.header("x-enforce-authentication"), "true");
  EXPECT_TRUE(logged("please re-register this agent"));
}

TEST_F(LinkTest, S39_the_kind_of_server_is_said_once) {
  server_.answer("/subscribe", {101, "", {{"X-PastureStack-Version", "v1.6.357"}}});
  start();
  ASSERT_TRUE(logged("a PastureStack server, v1.6.357"));
  server_.cut();
  ASSERT_TRUE(server_.wait_subscribed(2));
  ASSERT_TRUE(logged("was away for"));
  EXPECT_EQ(times_logged("PastureStack"), 1U);
}

TEST_F(LinkTest, P44_P56_a_key_that_the_server_threw_away_is_one_line_and_no_end) {
  options_.subscription.refused_wait = 20ms;
  server_.answer("/subscribe", {401, "{}"}, 10);
  agent_ = std::make_unique<Agent>(options_);
  agent_->start();
  ASSERT_TRUE(server_.wait_subscribed(1));
  EXPECT_EQ(times_logged("please re-register this agent"), 1U);
  EXPECT_THAT(engine_.calls("DELETE", ""), SizeIs(0));
  EXPECT_THAT(server_.requests("/register"), SizeIs(0)) << "the operator may have deleted the host";
}

TEST_F(LinkTest, R65_containers_stay_untouched_when_the_agent_is_cut_off_refused_and_stopped) {
  engine_.add_image("local/box:1");
  start();
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("a1"));
  engine_.clear_calls();
  options_.subscription.refused_wait = 20ms;
  server_.answer("/subscribe", {403, "{}"}, 2);
  server_.cut();
  ASSERT_TRUE(server_.wait_requests("/subscribe", 2));
  stop();
  start();
  stop();
  EXPECT_THAT(engine_.calls("POST", ""), SizeIs(0));
  EXPECT_THAT(engine_.calls("DELETE", ""), SizeIs(0));
}

TEST_F(LinkTest, S2_nothing_is_published_that_nobody_asked_for) {
  engine_.add_image("local/box:1");
  start();
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("a1"));
  server_.cut();
  ASSERT_TRUE(server_.wait_subscribed(2));
  auto unasked = make_event("host.port.check", "c1", {{"ports", json::array()}});
  unasked.erase("replyTo");
  server_.send(unasked);
  server_.send(ping_event("p1"));
  ASSERT_TRUE(server_.wait_reply("p1"));
  stop();
  for (const auto& reply : server_.replies()) {
    EXPECT_THAT(reply.at("previousIds").at(0), testing::AnyOf("a1", "p1")) << reply.dump();
  }
}

TEST_F(LinkTest, stopping_closes_with_a_close_frame_after_the_running_work) {
  engine_.add_image("local/box:1");
  start();
  engine_.set_delay(50ms);
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  agent_->finish();
  server_.send(ping_event("late"));
  EXPECT_TRUE(agent_->wait_until_idle(10s));
  EXPECT_THAT(final_replies("a1"), SizeIs(1));
  agent_->stop();
  EXPECT_TRUE(soon([&] { return server_.close_codes().size() == 1; }));
  EXPECT_THAT(final_replies("late"), SizeIs(0)) << "nothing is begun after the signal";
}

TEST_F(LinkTest, stopping_does_not_wait_for_an_engine_that_hangs) {
  engine_.add_image("local/box:1");
  start();
  hang("/containers/");
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  agent_->finish();
  EXPECT_FALSE(agent_->wait_until_idle(100ms));
  const auto begun = std::chrono::steady_clock::now();
  agent_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

}  // namespace
}  // namespace cattle::agent
