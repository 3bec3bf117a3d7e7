// SPDX-License-Identifier: Apache-2.0
// The progress sink on its own, between routes that a test controls and a fake server.
#include "agent/progress_sink.hpp"
#include "tests/component/agent/running_agent.hpp"

#include <thread>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using support::ServerAnswer;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class ProgressTest : public AgentTest {
 protected:
  ProgressTest() { options_.publisher.connection.url = server_.url(); }

  std::shared_ptr<Work> work(const std::string& id, const std::string& name = "storage.image.activate") {
    routes_.push_back(std::make_unique<handlers::Route>());
    routes_.back()->admission = handlers::Admission::joined;
    routes_.back()->key = [](const subscriber::Event&) { return handlers::ResourceKey{"image:i", {}}; };
    auto document = make_event(name, id);
    document["timeoutMillis"] = 1'000;
    return std::make_shared<Work>(subscriber::decode_event(document.dump(), Clock::now()), *routes_.back());
  }

  static ResourceQueue::Works alone() { return {}; }
  /// What an event has got once all that is on its way has arrived.
  [[nodiscard]] bool soon_told(const std::string& id, const std::vector<std::string>& texts) const {
    return soon([&] { return progress_texts(id) == texts; });
  }

  std::vector<std::unique_ptr<handlers::Route>> routes_;
  std::stop_source stop_;
  AgentLog log_{options_.log};
  subscriber::Publisher server_api_{options_.publisher};
  ReplyPublisher publisher_{server_api_};
};

TEST_F(ProgressTest, H117_each_change_is_sent_in_order_also_when_changes_come_quickly) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, alone, {}, stop_.get_token());
  for (const char* text : {"A", "A", "B", "A"}) sink.report(text, std::nullopt);
  sink.finish();
  EXPECT_THAT(progress_texts("i1"), ElementsAre("A", "B", "A"));
  for (const auto& reply : server_.replies_to("i1")) EXPECT_EQ(reply.at("transitioning"), "yes");
}

TEST_F(ProgressTest, a_flood_is_held_back_and_its_latest_message_is_not_lost) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, alone, {.refill = 200ms, .burst = 1}, stop_.get_token());
  for (int i = 0; i < 20; ++i) sink.report("step " + std::to_string(i), i);
  ASSERT_TRUE(soon_told("i1", {"step 0"}));
  ASSERT_TRUE(soon([&] {
    sink.repeat();
    return progress_texts("i1").size() > 1;
  }));
  EXPECT_THAT(progress_texts("i1"), ElementsAre("step 0", "step 19"));
  EXPECT_EQ(server_.replies_to("i1").back().at("transitioningProgress"), 19);
}

TEST_F(ProgressTest, E17_what_must_not_be_lost_goes_at_once_and_makes_the_held_one_stale) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, alone, {.burst = 1}, stop_.get_token());
  for (int i = 0; i < 5; ++i) sink.report("step " + std::to_string(i), i);
  sink.report_at_once("Digest: sha256:1", 99);
  sink.report_at_once("Status: Downloaded newer image for box:1", 99);
  sink.repeat();
  sink.finish();
  EXPECT_THAT(progress_texts("i1"),
              ElementsAre("step 0", "Digest: sha256:1", "Status: Downloaded newer image for box:1"));
}

TEST_F(ProgressTest, H118_an_unchanged_message_is_sent_again_and_each_one_accepted_gives_more_time) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, alone, {.repeat = 100ms}, stop_.get_token());
  sink.report("Downloading", std::nullopt);
  sink.repeat();
  ASSERT_TRUE(soon_told("i1", {"Downloading"})) << "not again before its time";
  const auto first = leader->deadline();
  ASSERT_TRUE(soon([&] {
    sink.repeat();
    return progress_texts("i1").size() == 3;
  }));
  sink.finish();
  EXPECT_THAT(progress_texts("i1"), Each("Downloading"));
  EXPECT_GT(leader->deadline(), first);
}

TEST_F(ProgressTest, R24_other_events_publish_no_progress_but_their_followers_do) {
  const auto leader = work("i1", "compute.instance.pull");
  const auto follower = work("i2");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(
      *leader, publisher_, lines, [&] { return ResourceQueue::Works{follower}; }, {}, stop_.get_token());
  sink.report("Downloading", std::nullopt);
  sink.finish();
  EXPECT_THAT(progress_texts("i1"), IsEmpty());
  EXPECT_THAT(progress_texts("i2"), ElementsAre("Downloading"));
}

TEST_F(ProgressTest, a_refused_progress_gives_no_more_time) {
  server_.answer("/publish", {500, "no"}, 1);
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, alone, {}, stop_.get_token());
  const auto before = leader->deadline();
  sink.report("Downloading", std::nullopt);
  sink.finish();
  EXPECT_EQ(leader->deadline(), before);
  EXPECT_EQ(server_.requests("/publish").size(), 1U);
}

TEST_F(ProgressTest, a_slow_server_holds_up_neither_who_reports_nor_the_final_reply) {
  ServerAnswer slow;
  slow.delay = 400ms;
  server_.answer("/publish", slow);
  const auto leader = work("i1");
  ResourceQueue::Works others{work("i2"), work("i3"), work("i4"), work("i5"), work("i6")};
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(
      *leader, publisher_, lines, [&] { return others; }, {}, stop_.get_token());
  const auto begun = Clock::now();
  for (const char* text : {"A", "B", "C", "D"}) sink.report(text, std::nullopt);
  sink.report_at_once("Digest: sha256:1", 99);
  EXPECT_LT(Clock::now() - begun, 300ms) << "who reports waits for no answer";
  sink.finish();
  EXPECT_LT(Clock::now() - begun, 1'500ms) << "25 answers were due";
  const auto posted = server_.requests("/publish").size();
  sink.report("late", std::nullopt);
  sink.report_at_once("later", std::nullopt);
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(server_.requests("/publish").size(), posted) << "nothing may follow the final reply";
}

TEST_F(ProgressTest, a_server_slower_than_the_work_is_told_the_newest_message_only) {
  ServerAnswer slow;
  slow.delay = 300ms;
  server_.answer("/publish", slow);
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, alone, {.refill = 10ms}, stop_.get_token());
  for (int i = 0; i < 20; ++i) {
    sink.report("step " + std::to_string(i), i);
    std::this_thread::sleep_for(15ms);
  }
  ASSERT_TRUE(soon([&] {
    const auto texts = progress_texts("i1");
    return !texts.empty() && texts.back() == "step 19";
  }));
  EXPECT_EQ(progress_texts("i1").front(), "step 0");
  EXPECT_LE(progress_texts("i1").size(), 4U) << "what was out of date is left out";
}

TEST_F(ProgressTest, a_progress_reply_that_nobody_answers_ends_with_the_work_and_with_the_agent) {
  ServerAnswer hang;
  hang.kind = ServerAnswer::Kind::hang;
  server_.answer("/publish", hang);
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  for (const bool agent_ends : {false, true}) {
    const auto before = server_.requests("/publish").size();
    ProgressSink sink(
        *leader, publisher_, lines, alone,
        {.patience = std::chrono::milliseconds(agent_ends ? 60'000 : 300), .farewell = 60'000ms},
        stop_.get_token());
    sink.report("Downloading", std::nullopt);
    ASSERT_TRUE(server_.wait_requests("/publish", before + 1));
    const auto begun = Clock::now();
    if (agent_ends) stop_.request_stop();
    sink.finish();
    EXPECT_LT(Clock::now() - begun, 3s);
  }
}

}  // namespace
}  // namespace cattle::agent
