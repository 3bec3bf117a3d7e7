// SPDX-License-Identifier: Apache-2.0
// What waits for what, what joins, what is dropped.
#include "tests/component/agent/running_agent.hpp"

#include <atomic>
#include <memory>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class AdmissionTest : public AgentTest {
 protected:
  void release() { engine_.clear_faults(); }
};

TEST_F(AdmissionTest, H6_R28_events_for_one_instance_run_one_after_the_other_and_are_all_answered) {
  engine_.add_image("local/box:1");
  start();
  engine_.set_delay(100ms);
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  server_.send(deactivate_event("d1", "u-1"));
  server_.send(activate_event("a2", "u-1", "local/box:1"));
  for (const char* id : {"a1", "d1", "a2"}) {
    const auto reply = server_.wait_reply(id, 20s);
    ASSERT_TRUE(reply) << id;
    EXPECT_FALSE(reply->contains("transitioning")) << reply->dump();
  }
  std::vector<std::string> order;
  for (const auto& reply : server_.replies())
    order.push_back(reply.at("previousIds").at(0).get<std::string>());
  EXPECT_THAT(order, testing::ElementsAre("a1", "d1", "a2"));
  EXPECT_THAT(engine_.calls("POST", "/containers/create"), SizeIs(1));
  EXPECT_THAT(log(), HasSubstr("waits behind 1 for instance:u-1"));
}

TEST_F(AdmissionTest, R28_different_instances_run_at_the_same_time) {
  engine_.add_image("local/box:1");
  start();
  // Until an inspect has told the storage driver, creates go one by one: it could be devicemapper (2.19).
  server_.send(activate_event("first", "u-first", "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("first"));
  engine_.clear_calls();
  hang("/containers/create");
  for (int i = 0; i < 8; ++i) {
    server_.send(activate_event("a" + std::to_string(i), "u-" + std::to_string(i), "local/box:1"));
  }
  EXPECT_TRUE(engine_.wait_for_calls("POST", "/containers/create", 8));
  release();
}

TEST_F(AdmissionTest, H8_inspects_without_a_resource_id_do_not_wait_for_each_other) {
  start();
  hang("/containers/");
  for (int i = 0; i < 5; ++i) server_.send(inspect_event("i" + std::to_string(i), "c" + std::to_string(i)));
  EXPECT_TRUE(engine_.wait_for_calls("GET", "/containers/", 5));
  release();
}

TEST_F(AdmissionTest, R29_H7_pings_are_answered_while_everything_else_is_busy) {
  engine_.add_image("local/box:1");
  options_.dispatcher.workers.threads = 4;
  start();
  server_.answer("/configcontent/pyagent", {.status = 200, .delay = 3s}, 1);
  hang("/containers/");
  for (int i = 0; i < 8; ++i) {
    server_.send(activate_event("a" + std::to_string(i), "u-" + std::to_string(i), "local/box:1"));
  }
  server_.send(make_event("config.update", "c1", {{"items", json::array({{{"name", "pyagent"}}})}}));
  ASSERT_TRUE(engine_.wait_for_calls("GET", "/containers/", 4));
  for (int i = 0; i < 5; ++i) {
    const auto id = "p" + std::to_string(i);
    server_.send(ping_event(id, {{"instances", i == 0}}));
    EXPECT_TRUE(server_.wait_reply(id, 2'500ms)) << id;
  }
  release();
}

TEST_F(AdmissionTest, config_update_runs_beside_workers_that_are_all_busy) {
  engine_.add_image("local/box:1");
  options_.dispatcher.workers.threads = 2;
  start();
  hang("/containers/");
  for (int i = 0; i < 4; ++i) {
    server_.send(activate_event("a" + std::to_string(i), "u-" + std::to_string(i), "local/box:1"));
  }
  ASSERT_TRUE(engine_.wait_for_calls("GET", "/containers/", 2));
  server_.send(make_event("config.update", "c1", {{"items", json::array()}}));
  EXPECT_TRUE(server_.wait_reply("c1"));
  release();
}

TEST_F(AdmissionTest, config_update_and_port_checks_wait_for_no_inspect_that_hangs) {
  options_.dispatcher.immediate.threads = 2;
  start();
  hang("/containers/c");
  for (int i = 0; i < 4; ++i) server_.send(inspect_event("i" + std::to_string(i), "c" + std::to_string(i)));
  ASSERT_TRUE(engine_.wait_for_calls("GET", "/containers/c", 2));
  server_.send(make_event("config.update", "u1", {{"items", json::array()}}));
  server_.send(make_event("host.port.check", "h1", {{"ports", json::array()}}));
  EXPECT_TRUE(server_.wait_reply("u1"));
  EXPECT_TRUE(server_.wait_reply("h1"));
  release();
}

TEST_F(AdmissionTest, the_end_of_a_burst_is_told_once_and_never_while_something_is_in_work) {
  const auto rests = std::make_shared<std::atomic<int>>(0);
  options_.dispatcher.rest = 50ms;
  options_.dispatcher.on_rest = [rests](std::size_t events) {
    ++*rests;
    EXPECT_EQ(events, 4U);
  };
  start();
  hang("/containers/");
  server_.send(inspect_event("i1", "c1"));
  ASSERT_TRUE(engine_.wait_for_calls("GET", "/containers/", 1));
  for (const char* id : {"p1", "p2", "p3"}) {
    server_.send(ping_event(id));
    ASSERT_TRUE(server_.wait_reply(id)) << id;
  }
  const auto after_pings = std::chrono::steady_clock::now() + 200ms;
  ASSERT_TRUE(soon([&] { return std::chrono::steady_clock::now() > after_pings; }));
  EXPECT_EQ(*rests, 0) << "the inspect is in work";
  release();
  ASSERT_TRUE(server_.wait_reply("i1"));
  EXPECT_TRUE(soon([&] { return *rests == 1; }));
  const auto later = std::chrono::steady_clock::now() + 200ms;
  ASSERT_TRUE(soon([&] { return std::chrono::steady_clock::now() > later; }));
  EXPECT_EQ(*rests, 1) << "nothing was done since";
  EXPECT_TRUE(agent_->at_rest());
}

TEST_F(AdmissionTest, what_is_too_much_for_a_key_is_dropped_and_logged) {
  engine_.add_image("local/box:1");
  options_.dispatcher.queue.waiting_per_key = 1;
  start();
  hang("/containers/");
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  server_.send(activate_event("a2", "u-1", "local/box:1"));
  server_.send(activate_event("a3", "u-1", "local/box:1"));
  ASSERT_TRUE(logged("event=a3 dropped: compute.instance.activate: too many wait for instance:u-1"));
  release();
  EXPECT_TRUE(server_.wait_reply("a2", 20s));
  EXPECT_THAT(final_replies("a3"), IsEmpty());
}

TEST_F(AdmissionTest, what_is_too_much_in_all_is_dropped_and_logged) {
  engine_.add_image("local/box:1");
  options_.dispatcher.queue.admitted = 2;
  start();
  hang("/containers/");
  for (int i = 1; i <= 3; ++i) {
    server_.send(activate_event("a" + std::to_string(i), "u-" + std::to_string(i), "local/box:1"));
  }
  ASSERT_TRUE(logged("event=a3 dropped: compute.instance.activate: too many events wait"));
  release();
}

TEST_F(AdmissionTest, what_outlived_its_time_while_it_waited_is_dropped_and_never_run) {
  engine_.add_image("local/box:1");
  start();
  hang("/containers/create");
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  auto late = deactivate_event("d1", "u-1");
  late["timeoutMillis"] = 50;
  server_.send(late);
  ASSERT_TRUE(engine_.wait_for_calls("POST", "/containers/create", 1));
  ASSERT_TRUE(logged("event=d1 taken"));
  const auto over = std::chrono::steady_clock::now() + 60ms;
  ASSERT_TRUE(soon([&] { return std::chrono::steady_clock::now() > over; }));
  release();
  EXPECT_TRUE(logged("event=d1 dropped: compute.instance.deactivate: its time was over"));
  EXPECT_THAT(engine_.calls("POST", "/stop"), IsEmpty());
  EXPECT_THAT(final_replies("d1"), IsEmpty());
}

TEST_F(AdmissionTest, a_resend_starts_a_waiting_events_time_anew) {
  engine_.add_image("local/box:1");
  start();
  hang("/containers/create");
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  auto waiting = deactivate_event("d1", "u-1");
  waiting["timeoutMillis"] = 2'000;
  server_.send(waiting);
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(soon([&] { return std::chrono::steady_clock::now() > begun + 1'500ms; }));
  server_.send(waiting);
  ASSERT_TRUE(soon([&] { return std::chrono::steady_clock::now() > begun + 2'500ms; }));
  release();
  EXPECT_TRUE(server_.wait_reply("d1"));
}

TEST_F(AdmissionTest, pulls_of_one_image_are_one_pull_with_progress_and_a_final_reply_for_each) {
  support::PullBehaviour pull;
  pull.line_pause = 30ms;
  engine_.set_pull("local/pulled:1", pull);
  start();
  constexpr int kEvents = 6;
  for (int i = 0; i < kEvents; ++i) {
    auto event = image_event("i" + std::to_string(i), "local/pulled:1");
    event["timeoutMillis"] = 150;  // Less than the pull takes: progress keeps them alive.
    server_.send(event);
  }
  for (int i = 0; i < kEvents; ++i) {
    const auto id = "i" + std::to_string(i);
    const auto reply = server_.wait_reply(id, 20s);
    ASSERT_TRUE(reply) << id;
    EXPECT_FALSE(reply->contains("transitioning")) << reply->dump();
    EXPECT_THAT(progress_texts(id), Not(IsEmpty())) << id;
    EXPECT_THAT(final_replies(id), SizeIs(1)) << id;
  }
  EXPECT_THAT(engine_.calls("POST", "/images/create"), SizeIs(1));
}

TEST_F(AdmissionTest, the_final_reply_of_a_pull_waits_for_no_progress_reply) {
  support::PullBehaviour pull;
  pull.line_pause = 30ms;
  engine_.set_pull("local/pulled:1", pull);
  start();
  support::ServerAnswer hang;
  hang.kind = support::ServerAnswer::Kind::hang;
  server_.answer("/publish", hang, 1);
  server_.send(image_event("i1", "local/pulled:1"));
  const auto reply = server_.wait_reply("i1", 5s);
  ASSERT_TRUE(reply) << "the pull is done long before anybody would give up that progress reply";
  EXPECT_FALSE(reply->contains("transitioning")) << reply->dump();
}

TEST_F(AdmissionTest, force_stop_by_container_id_waits_for_its_instances_event) {
  engine_.add_image("local/box:1");
  start();
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("a1"));
  const auto container = engine_.container_ids().at(0);
  hang("/stop");
  auto deactivate = deactivate_event("d1", "u-1");
  deactivate["data"]["instanceHostMap"]["instance"]["externalId"] = container;
  server_.send(deactivate);
  ASSERT_TRUE(engine_.wait_for_calls("POST", "/stop", 1));
  auto force_stop =
      make_event("compute.instance.force.stop", "f1", {{"instanceForceStop", {{"id", container}}}});
  force_stop["replyTo"] = "compute.instance.force.stop.reply";
  server_.send(force_stop);
  EXPECT_TRUE(logged("event=f1 container=" + container.substr(0, 12) + " taken"));
  EXPECT_THAT(log(), HasSubstr("waits behind 1 for container:" + container));
  release();
  EXPECT_TRUE(logged("event=f1 container=" + container.substr(0, 12) + " done, no reply"));
}

TEST_F(AdmissionTest, R54_H90_an_address_that_never_comes_is_told_before_the_server_gives_up) {
  engine_.add_image("local/box:1");
  options_.host.cni_state_dir = (directory_ / "cni").string();
  options_.host.proc = (directory_ / "proc").string();
  start();
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["timeoutMillis"] = 6'000;
  event["data"]["instanceHostMap"]["instance"]["nics"] = {
      {{"deviceNumber", 0}, {"network", {{"kind", "cni"}, {"name", "ipsec"}}}}};
  const auto begun = Clock::now();
  server_.send(event);
  const auto reply = server_.wait_reply("a1");
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->at("transitioningMessage"), HasSubstr("Timeout getting IP address"));
  EXPECT_LT(Clock::now() - begun, 5s);
}

}  // namespace
}  // namespace cattle::agent
