// SPDX-License-Identifier: Apache-2.0
// A subscription and a publisher whose name server answers nothing.
#include "cattle/subscriber/publisher.hpp"
#include "tests/component/subscriber/subscription_fixture.hpp"
#include "tests/support/dead_names.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

struct DeadName : Subscribed {
  SubscriptionOptions impatient(const std::string& host) const {
    auto options = fast(server);
    options.connection.url = server.url("/v1", host);
    options.resolve_timeout = milliseconds(50);
    return options;
  }

  support::DeadNames names;
};

TEST_F(DeadName, look_ups_do_not_pile_up_and_the_end_waits_for_none) {
  Subscription lost(impatient("server.dead.test"), recorder.listener());
  lost.start();
  ASSERT_TRUE(recorder.wait_outages(1));
  EXPECT_EQ(recorder.outages()[0].step, Step::resolve);
  EXPECT_NE(recorder.outages()[0].detail.find("server.dead.test: no answer in time"), std::string::npos);
  std::this_thread::sleep_for(milliseconds(500));  // Several attempts.
  EXPECT_EQ(names.asked(), 1);
  const auto begun = Clock::now();
  lost.stop();
  EXPECT_LT(Clock::now() - begun, seconds(2));
}

TEST_F(DeadName, an_answer_that_comes_late_serves_the_next_attempt) {
  Subscription late(impatient("late.dead.test"), recorder.listener());
  late.start();
  ASSERT_TRUE(recorder.wait_outages(1));
  names.revive();
  ASSERT_TRUE(server.wait_subscribed(1));
  EXPECT_EQ(names.asked(), 1);
}

TEST_F(DeadName, a_publisher_keeps_to_its_time_and_to_a_stop) {
  PublisherOptions options;
  options.connection.url = server.url("/v1", "server.dead.test");
  const Publisher publisher(options);
  const auto begun = Clock::now();
  EXPECT_EQ(publisher.publish_once("{}", milliseconds(100)).kind, PublishResult::Kind::gave_up);
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  EXPECT_EQ(publisher.publish_once("{}", seconds(60), stop.get_token()).kind, PublishResult::Kind::gave_up);
  EXPECT_LT(Clock::now() - begun, seconds(5));
}

}  // namespace
}  // namespace cattle::subscriber
