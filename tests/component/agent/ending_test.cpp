// SPDX-License-Identifier: Apache-2.0
// How the program ends: signals, the grace time, and what is still in work then.
#include "tests/component/agent/process_fixture.hpp"

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(ProcessTest, sigterm_lets_running_work_finish_and_ends_with_0_and_a_close_frame) {
  run_subscribed();
  engine_.set_delay(200ms);
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  ::kill(child_, SIGTERM);
  const auto reply = server_.wait_reply("a1", 20s);
  ASSERT_TRUE(reply) << output();
  EXPECT_FALSE(reply->contains("transitioning"));
  EXPECT_EQ(exit_code(), exit_code::kSuccess);
  EXPECT_TRUE(soon([&] { return server_.close_codes().size() == 1; })) << output();
}

TEST_F(ProcessTest, the_grace_time_is_bounded) {
  variables_["CATTLE_AGENT_GRACE_SECONDS"] = "1";
  run_subscribed();
  hang("/containers/");
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  ::kill(child_, SIGINT);
  EXPECT_EQ(exit_code(), exit_code::kSuccess);
  EXPECT_THAT(output(), HasSubstr("1 events did not end in time"));
}

TEST_F(ProcessTest, a_second_signal_ends_it_at_once) {
  variables_["CATTLE_AGENT_GRACE_SECONDS"] = "60";
  run_subscribed();
  hang("/containers/");
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(engine_.wait_for_calls("", "/containers/", 1));
  ::kill(child_, SIGTERM);
  ASSERT_TRUE(soon([&] { return output().find("ending") != std::string::npos; }));
  ::kill(child_, SIGTERM);
  EXPECT_EQ(exit_code(), exit_code::kSignal + SIGTERM);
}

TEST_F(ProcessTest, a_second_signal_ends_it_at_once_also_when_nothing_but_the_close_frame_is_left) {
  run_subscribed();
  server_.freeze();
  ::kill(child_, SIGTERM);
  ASSERT_TRUE(soon([&] { return output().find("ending") != std::string::npos; }));
  ::kill(child_, SIGINT);
  EXPECT_EQ(exit_code(), exit_code::kSignal + SIGINT);
}

TEST_F(ProcessTest, a_progress_reply_that_nobody_answers_does_not_outlast_the_grace_time) {
  variables_["CATTLE_AGENT_GRACE_SECONDS"] = "1";
  support::PullBehaviour pull;
  pull.line_pause = 10s;
  engine_.set_pull("local/pulled:1", pull);
  run_subscribed();
  support::ServerAnswer hang;
  hang.kind = support::ServerAnswer::Kind::hang;
  server_.answer("/publish", hang);
  server_.send(image_event("i1", "local/pulled:1"));
  ASSERT_TRUE(server_.wait_requests("/publish", 1)) << output();
  const auto begun = Clock::now();
  ::kill(child_, SIGTERM);
  EXPECT_EQ(exit_code(), exit_code::kSuccess);
  EXPECT_LT(Clock::now() - begun, 4s) << output();
}

}  // namespace
}  // namespace cattle::agent
