// SPDX-License-Identifier: Apache-2.0
#include "agent/ids_in_work.hpp"
#include "agent/resource_queue.hpp"
#include "agent/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using handlers::Admission;
using handlers::ResourceKey;
using handlers::Route;
using Verdict = ResourceQueue::Verdict;

Route route(const std::string& name, Admission admission, const ResourceKey& key = {}) {
  return {name, admission, [key](const subscriber::Event&) { return key; }, {}};
}

/// Routes must outlive the works; each work of these tests has one of its own.
class QueueTest : public testing::Test {
 protected:
  std::shared_ptr<Work> work(const std::string& key, const std::string& alias = "",
                             Admission admission = Admission::queued) {
    routes_.push_back(std::make_unique<Route>(route("event", admission, {key, alias})));
    subscriber::Event event;
    event.id = std::to_string(routes_.size());
    event.received = now_;
    event.timeout = 1'000ms;
    return std::make_shared<Work>(event, *routes_.back());
  }
  Verdict admit(const std::shared_ptr<Work>& work) { return queue_.admit(work, now_).verdict; }
  std::vector<std::string> finished(const std::shared_ptr<Work>& work) {
    return ids(queue_.finished(*work, now_).run);
  }
  static std::vector<std::string> ids(const ResourceQueue::Works& works) {
    std::vector<std::string> result;
    for (const auto& work : works) result.push_back(work->event().id);
    return result;
  }

  Clock::time_point now_ = Clock::now();
  std::vector<std::unique_ptr<Route>> routes_;
  ResourceQueue queue_{QueueLimits{3, 8, 2}};
};

TEST_F(QueueTest, R28_one_thing_is_touched_by_one_work_at_a_time_in_order) {
  const auto first = work("instance:a");
  const auto second = work("instance:a");
  const auto third = work("instance:a");
  const auto other = work("instance:b");
  EXPECT_EQ(admit(first), Verdict::run);
  EXPECT_EQ(admit(second), Verdict::wait);
  EXPECT_EQ(admit(third), Verdict::wait);
  EXPECT_EQ(admit(other), Verdict::run);
  EXPECT_THAT(finished(first), testing::ElementsAre("2"));
  EXPECT_THAT(finished(second), testing::ElementsAre("3"));
  EXPECT_THAT(finished(third), testing::IsEmpty());
  EXPECT_EQ(admit(work("instance:a")), Verdict::run);
}

TEST_F(QueueTest, H8_events_that_touch_nothing_never_wait) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(admit(work("")), Verdict::run);
  EXPECT_EQ(admit(work("")), Verdict::full);
}

TEST_F(QueueTest, a_key_is_bounded_and_so_is_the_whole) {
  for (int i = 0; i < 4; ++i) EXPECT_NE(admit(work("a")), Verdict::key_full);
  EXPECT_EQ(admit(work("a")), Verdict::key_full);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(admit(work("b" + std::to_string(i))), Verdict::run);
  EXPECT_EQ(admit(work("c")), Verdict::full);
  EXPECT_EQ(admit(work("c")), Verdict::full) << "a refused one leaves nothing behind";
}

TEST_F(QueueTest, force_stop_by_container_id_joins_the_lane_of_its_instance) {
  const auto start = work("instance:a", "container:c1");
  const auto force_stop = work("container:c1");
  EXPECT_EQ(admit(start), Verdict::run);
  EXPECT_EQ(admit(force_stop), Verdict::wait);
  EXPECT_EQ(admit(work("container:c2")), Verdict::run);
  EXPECT_THAT(finished(start), testing::ElementsAre("2"));
  EXPECT_THAT(finished(force_stop), testing::IsEmpty());
}

TEST_F(QueueTest, the_tie_between_two_names_is_remembered_after_the_event_that_carried_both) {
  const auto both = work("instance:a", "container:c1");
  EXPECT_EQ(admit(both), Verdict::run);
  EXPECT_THAT(finished(both), testing::IsEmpty());
  const auto by_uuid = work("instance:a");
  EXPECT_EQ(admit(by_uuid), Verdict::run);
  EXPECT_EQ(admit(work("container:c1")), Verdict::wait);
  // Only so many are remembered (two here).
  (void)admit(work("instance:x", "container:x"));
  (void)admit(work("instance:y", "container:y"));
  EXPECT_THAT(finished(by_uuid), testing::ElementsAre("3"));
}

TEST_F(QueueTest, an_instance_waits_for_the_force_stop_of_its_container) {
  const auto force_stop = work("container:c1");
  const auto remove = work("instance:a", "container:c1");
  EXPECT_EQ(admit(force_stop), Verdict::run);
  EXPECT_EQ(admit(remove), Verdict::wait);
  EXPECT_THAT(finished(force_stop), testing::ElementsAre("2"));
}

TEST_F(QueueTest, two_busy_lanes_become_one_when_an_event_ties_them) {
  const auto by_uuid = work("instance:a");
  const auto by_id = work("container:c1");
  const auto both = work("instance:a", "container:c1");
  EXPECT_EQ(admit(by_uuid), Verdict::run);
  EXPECT_EQ(admit(by_id), Verdict::run);
  EXPECT_EQ(admit(both), Verdict::wait);
  EXPECT_THAT(finished(by_uuid), testing::IsEmpty()) << "the other still runs";
  EXPECT_THAT(finished(by_id), testing::ElementsAre("3"));
  EXPECT_THAT(finished(both), testing::IsEmpty());
}

TEST_F(QueueTest, what_outlived_its_time_while_it_waited_is_never_run) {
  const auto first = work("a");
  const auto late = work("a");
  const auto resent = work("a");
  EXPECT_EQ(admit(first), Verdict::run);
  EXPECT_EQ(admit(late), Verdict::wait);
  EXPECT_EQ(admit(resent), Verdict::wait);
  now_ += 900ms;
  resent->sent_again(now_);
  now_ += 200ms;
  const auto released = queue_.finished(*first, now_);
  EXPECT_THAT(ids(released.expired), testing::ElementsAre("2"));
  EXPECT_THAT(ids(released.run), testing::ElementsAre("3"));
}

TEST_F(QueueTest, a_full_lane_makes_room_by_dropping_what_is_too_late) {
  const auto first = work("a");
  EXPECT_EQ(admit(first), Verdict::run);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admit(work("a")), Verdict::wait);
  now_ += 1'100ms;
  const auto admission = queue_.admit(work("a"), now_);
  EXPECT_EQ(admission.verdict, Verdict::wait);
  EXPECT_THAT(admission.expired, testing::SizeIs(3));
}

TEST_F(QueueTest, pulls_of_one_image_join_and_are_let_go_together) {
  const auto leader = work("image:i", "", Admission::joined);
  const auto second = work("image:i", "", Admission::joined);
  const auto third = work("image:i", "", Admission::joined);
  const auto removal = work("image:i");
  EXPECT_EQ(admit(leader), Verdict::run);
  EXPECT_EQ(admit(second), Verdict::wait);
  EXPECT_EQ(admit(third), Verdict::wait);
  EXPECT_EQ(admit(removal), Verdict::wait);
  EXPECT_THAT(ids(queue_.followers(*leader)), testing::ElementsAre("2", "3"));
  now_ += 5s;
  const auto released = queue_.finished(*leader, now_);
  EXPECT_THAT(ids(released.run), testing::ElementsAre("2", "3")) << "none is dropped while the pull lasts";
  EXPECT_THAT(ids(released.expired), testing::ElementsAre("4")) << "but the removal's time was over";
  EXPECT_THAT(finished(second), testing::IsEmpty());
  EXPECT_THAT(finished(third), testing::IsEmpty());
}

TEST_F(QueueTest, after_another_work_only_one_pull_begins_and_the_rest_follow_it) {
  const auto removal = work("image:i");
  const auto pull = work("image:i", "", Admission::joined);
  const auto follower = work("image:i", "", Admission::joined);
  EXPECT_EQ(admit(removal), Verdict::run);
  EXPECT_THAT(ids(queue_.followers(*removal)), testing::IsEmpty());
  (void)admit(pull);
  (void)admit(follower);
  EXPECT_THAT(finished(removal), testing::ElementsAre("2"));
  EXPECT_THAT(ids(queue_.followers(*pull)), testing::ElementsAre("3"));
}

TEST_F(QueueTest, a_closed_queue_gives_back_what_waits_and_admits_nothing) {
  const auto first = work("a");
  (void)admit(first);
  (void)admit(work("a"));
  EXPECT_THAT(ids(queue_.close()), testing::ElementsAre("2"));
  EXPECT_EQ(admit(work("b")), Verdict::closed);
  EXPECT_THAT(finished(first), testing::IsEmpty());
}

TEST_F(QueueTest, R26_an_id_in_work_is_not_taken_twice_and_a_finished_one_is_forgotten) {
  IdsInWork ids;
  const auto first = work("a");
  EXPECT_TRUE(ids.enter(first, now_));
  now_ += 900ms;
  EXPECT_FALSE(ids.enter(first, now_));
  EXPECT_FALSE(first->expired(now_ + 900ms)) << "sent again: its time starts anew";
  EXPECT_FALSE(ids.wait_until_empty(1ms));
  ids.leave(*first);
  EXPECT_TRUE(ids.wait_until_empty(1ms));
  EXPECT_TRUE(ids.enter(first, now_));
}

TEST_F(QueueTest, R26_a_resend_that_crosses_the_answer_is_owed_another_one) {
  const auto work_item = work("a");
  work_item->sent_again(now_);
  EXPECT_FALSE(work_item->owes_another_answer(now_)) << "the handler was still at it";
  work_item->publishing();
  EXPECT_FALSE(work_item->owes_another_answer(now_));
  work_item->sent_again(now_);
  EXPECT_TRUE(work_item->owes_another_answer(now_ + 5ms));
  EXPECT_FALSE(work_item->owes_another_answer(now_ + 5s));
}

TEST(Router, R12_names_are_looked_up_exactly_and_subscribed_in_the_tables_order) {
  const Router router({route("ping", Admission::ping), route("storage.image.activate", Admission::joined)});
  ASSERT_NE(router.find("ping"), nullptr);
  EXPECT_EQ(router.find("ping")->name, "ping");
  EXPECT_EQ(router.find("pin"), nullptr);
  EXPECT_EQ(router.find("ping.extra"), nullptr);
  EXPECT_THAT(router.event_names(), testing::ElementsAre("ping", "storage.image.activate"));
  EXPECT_THROW(Router({route("ping", Admission::ping), route("ping", Admission::ping)}), std::logic_error);
}

}  // namespace
}  // namespace cattle::agent
