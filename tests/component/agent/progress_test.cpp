// SPDX-License-Identifier: Apache-2.0
// The progress sink on its own, between routes that a test controls and a fake server.
#include "agent/progress_sink.hpp"
#include "tests/component/agent/running_agent.hpp"

#include <thread>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
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

  std::vector<std::unique_ptr<handlers::Route>> routes_;
  AgentLog log_{options_.log};
  subscriber::Publisher server_api_{options_.publisher};
  ReplyPublisher publisher_{server_api_};
};

TEST_F(ProgressTest, H117_each_change_is_sent_in_order_also_when_changes_come_quickly) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, [] { return ResourceQueue::Works{}; }, {});
  for (const char* text : {"A", "A", "B", "A"}) sink.report(text, std::nullopt);
  EXPECT_THAT(progress_texts("i1"), ElementsAre("A", "B", "A"));
  for (const auto& reply : server_.replies_to("i1")) EXPECT_EQ(reply.at("transitioning"), "yes");
}

TEST_F(ProgressTest, a_flood_is_held_back_and_its_latest_message_is_not_lost) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, [] { return ResourceQueue::Works{}; },
                    {.refill = 200ms, .burst = 1});
  for (int i = 0; i < 20; ++i) sink.report("step " + std::to_string(i), i);
  EXPECT_THAT(progress_texts("i1"), ElementsAre("step 0"));
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
  ProgressSink sink(*leader, publisher_, lines, [] { return ResourceQueue::Works{}; }, {.burst = 1});
  for (int i = 0; i < 5; ++i) sink.report("step " + std::to_string(i), i);
  sink.report_at_once("Digest: sha256:1", 99);
  sink.report_at_once("Status: Downloaded newer image for box:1", 99);
  sink.repeat();
  EXPECT_THAT(progress_texts("i1"),
              ElementsAre("step 0", "Digest: sha256:1", "Status: Downloaded newer image for box:1"));
}

TEST_F(ProgressTest, H118_an_unchanged_message_is_sent_again_and_each_one_accepted_gives_more_time) {
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, [] { return ResourceQueue::Works{}; }, {.repeat = 100ms});
  sink.report("Downloading", std::nullopt);
  const auto first = leader->deadline();
  sink.repeat();
  EXPECT_EQ(progress_texts("i1").size(), 1U) << "not before its time";
  ASSERT_TRUE(soon([&] {
    sink.repeat();
    return progress_texts("i1").size() == 3;
  }));
  EXPECT_THAT(progress_texts("i1"), ElementsAre("Downloading", "Downloading", "Downloading"));
  EXPECT_GT(leader->deadline(), first);
}

TEST_F(ProgressTest, R24_other_events_publish_no_progress_but_their_followers_do) {
  const auto leader = work("i1", "compute.instance.pull");
  const auto follower = work("i2");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, [&] { return ResourceQueue::Works{follower}; }, {});
  sink.report("Downloading", std::nullopt);
  EXPECT_THAT(progress_texts("i1"), IsEmpty());
  EXPECT_THAT(progress_texts("i2"), ElementsAre("Downloading"));
}

TEST_F(ProgressTest, a_refused_progress_gives_no_more_time) {
  server_.answer("/publish", {500, "no"}, 1);
  const auto leader = work("i1");
  EventLog lines(log_, leader->event(), leader->key(), false);
  ProgressSink sink(*leader, publisher_, lines, [] { return ResourceQueue::Works{}; }, {});
  const auto before = leader->deadline();
  sink.report("Downloading", std::nullopt);
  EXPECT_EQ(leader->deadline(), before);
}

}  // namespace
}  // namespace cattle::agent
