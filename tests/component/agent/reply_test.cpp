// SPDX-License-Identifier: Apache-2.0
// What is answered, and what is not: envelope, errors, publishing.
#include "tests/component/agent/running_agent.hpp"

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::ServerAnswer;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ReplyTest : public AgentTest {
 protected:
  /// Answered after everything that was sent before it was looked at.
  void settle(const std::string& id = "settle") {
    server_.send(ping_event(id));
    ASSERT_TRUE(server_.wait_reply(id));
  }
};

TEST_F(ReplyTest, H77_a_force_stop_that_fails_publishes_nothing_either) {
  const auto id = engine_.add_container("web", {{"Image", "busybox"}});
  engine_.inject({.method = "POST", .path_contains = "/stop", .status = 500, .message = "out of order"});
  start();
  server_.send(make_event("compute.instance.force.stop", "f1", {{"instanceForceStop", {{"id", id}}}}));
  server_.send(make_event("compute.instance.force.stop", "f2", {{"instanceForceStop", {{"id", 5}}}}));
  ASSERT_TRUE(soon([&] { return logged("out of order") && times_logged("done, no reply: error") == 2; }));
  settle();
  EXPECT_THAT(server_.replies_to("f1"), IsEmpty());
  EXPECT_THAT(server_.replies_to("f2"), IsEmpty());
}

TEST_F(ReplyTest, R15_R16_the_reply_echoes_what_the_server_matches_by) {
  start();
  server_.send(ping_event("p1"));
  const auto reply = server_.wait_reply("p1");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->at("name"), "reply.77");
  EXPECT_EQ(reply->at("previousIds"), json::array({"p1"}));
  EXPECT_EQ(reply->at("resourceId"), "1a5");
  EXPECT_EQ(reply->at("resourceType"), "agent");
  server_.send(inspect_event("i1", "nothing"));
  const auto without_id = server_.wait_reply("i1");
  ASSERT_TRUE(without_id);
  EXPECT_FALSE(without_id->contains("resourceId"));
  EXPECT_EQ(without_id->at("resourceType"), "instanceInspect");
}

TEST_F(ReplyTest, H1_every_handled_event_gets_exactly_one_final_reply) {
  engine_.add_image("local/box:1");
  start();
  const auto volume = [](const std::string& name, const std::string& id) {
    return make_event(name, id,
                      {{"volumeStoragePoolMap", {{"volume", {{"name", "v"}, {"uri", "file:///v"}}}}}});
  };
  auto remove = deactivate_event("e06", "u-1");
  remove["name"] = "compute.instance.remove";
  const std::vector<json> events = {
      ping_event("e01"),
      image_event("e02", "local/box:1"),
      volume("storage.volume.activate", "e03"),
      activate_event("e04", "u-1", "local/box:1"),
      deactivate_event("e05", "u-1"),
      remove,
      volume("storage.volume.deactivate", "e07"),
      volume("storage.volume.remove", "e08"),
      inspect_event("e09", "nothing"),
      make_event("compute.instance.pull", "e10", {{"instancePull", {{"kind", "docker"}}}}),  // An error.
      make_event("config.update", "e11", {{"items", json::array()}}),
      make_event("host.port.check", "e12", {{"ports", json::array()}})};
  for (const auto& event : events) {
    const auto id = event.at("id").get<std::string>();
    server_.send(event);
    ASSERT_TRUE(server_.wait_reply(id)) << event.at("name") << "\n" << log();
  }
  settle();
  for (const auto& event : events) {
    const auto replies = final_replies(event.at("id").get<std::string>());
    ASSERT_THAT(replies, SizeIs(1)) << event.at("name");
    EXPECT_EQ(replies.front().at("name"), event.at("replyTo")) << event.at("name");
    EXPECT_EQ(replies.front().at("resourceType"), event.at("resourceType")) << event.at("name");
    EXPECT_EQ(replies.front().value("resourceId", json()), event.at("resourceId")) << event.at("name");
  }
}

TEST_F(ReplyTest, R14_E2_S14_nothing_is_published_without_a_reply_address) {
  start();
  auto keep_alive = ping_event("k1");
  keep_alive.erase("replyTo");
  keep_alive["resourceId"] = nullptr;
  keep_alive["resourceType"] = nullptr;
  server_.send(keep_alive);
  auto check = make_event("host.port.check", "c1", {{"ports", json::array()}});
  check.erase("replyTo");
  server_.send(check);
  auto update = make_event("config.update", "u1", {{"items", json::array()}});
  update["replyTo"] = nullptr;
  server_.send(update);
  auto force_stop =
      make_event("compute.instance.force.stop", "f1", {{"instanceForceStop", {{"id", "gone"}}}});
  force_stop["replyTo"] = "compute.instance.force.stop.reply";
  server_.send(force_stop);
  ASSERT_TRUE(logged("event=f1 container=gone done, no reply"));
  ASSERT_TRUE(logged("event=c1 done, no reply"));
  settle();
  EXPECT_THAT(server_.replies(), SizeIs(1));
  EXPECT_THAT(server_.requests("/publish"), SizeIs(1));
}

TEST_F(ReplyTest, R12_H4_a_qualifier_behind_the_name_is_cut_off) {
  start();
  auto event = ping_event("p1");
  event["name"] = "ping;agent=5";
  server_.send(event);
  EXPECT_TRUE(server_.wait_reply("p1"));
}

TEST_F(ReplyTest, R13_H9_keys_that_nobody_needs_may_have_any_type) {
  start();
  auto event = ping_event("p1");
  event["previousIds"] = json::array({"a", 5});
  event["previousNames"] = 5;
  event["transitioningProgress"] = "x";
  event["publisher"] = json::object();
  event["context"] = 7;
  event["time"] = "yesterday";
  event["somethingNew"] = json::array({nullptr});
  event["data"]["options"]["resources"] = nullptr;
  server_.send(event);
  EXPECT_TRUE(server_.wait_reply("p1"));
}

TEST_F(ReplyTest, R19_H5_an_unknown_name_touches_nothing_and_gets_no_answer) {
  start();
  engine_.clear_calls();
  server_.send(make_event("foo.bar", "u1"));
  server_.send(make_event("foo.bar", "u2"));
  settle();
  EXPECT_THAT(server_.replies(), SizeIs(1));
  EXPECT_THAT(engine_.calls(), IsEmpty());
  EXPECT_EQ(times_logged("events named foo.bar are not known"), 1U);
}

TEST_F(ReplyTest, R20_R21_H2_H93_a_failure_is_an_error_reply_that_says_why) {
  start();
  server_.send(image_event("i1", "local/missing:1"));
  const auto reply = server_.wait_reply("i1");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->at("transitioning"), "error");
  EXPECT_THAT(reply->at("transitioningMessage").get<std::string>(), HasSubstr("local/missing:1"));
  EXPECT_EQ(reply->at("transitioningInternalMessage"), reply->at("transitioningMessage"));
  EXPECT_FALSE(reply->contains("data"));
}

TEST_F(ReplyTest, a_wrong_type_is_an_error_reply_that_names_the_path) {
  start();
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["data"]["instanceHostMap"]["instance"] = "no object";
  server_.send(event);
  const auto reply = server_.wait_reply("a1");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->value("transitioning", ""), "error");
  EXPECT_THAT(reply->at("transitioningMessage").get<std::string>(), HasSubstr("instanceHostMap.instance"));
}

TEST_F(ReplyTest, H11_R5_garbage_is_skipped_and_the_link_stays_up) {
  start();
  for (const char* frame : {"", "   ", "{", "null", "[]", "42", "{\"id\":5}",
                            "{\"name\":\"ping\",\"replyTo\":\"reply.1\"}", "{\"name\":{},\"id\":\"x\"}"}) {
    server_.send(std::string(frame));
  }
  server_.send_binary("\x01\x02");
  server_.send(std::string(100'000, '['));
  settle();
  EXPECT_EQ(server_.subscribed(), 1U);
  EXPECT_THAT(server_.replies(), SizeIs(1));
}

TEST_F(ReplyTest, R5_a_frame_of_64_mib_is_read) {
  start();
  auto event = ping_event("big");
  event["timeoutMillis"] = 120'000;  // A debug build on a busy machine takes long to read so much.
  event["data"]["padding"] = std::string((64U << 20U) - event.dump().size() - 100, 'x');
  server_.send(event);
  EXPECT_TRUE(server_.wait_reply("big", 100s)) << log();
  EXPECT_EQ(server_.subscribed(), 1U);
}

TEST_F(ReplyTest, E5_a_reply_refused_with_500_is_repeated_as_it_is_and_never_becomes_an_error) {
  start();
  server_.answer("/publish", {500, "broken"}, 3);
  server_.send(ping_event("p1"));
  ASSERT_TRUE(server_.wait_requests("/publish", 4));
  ASSERT_TRUE(server_.wait_reply("p1"));
  const auto requests = server_.requests("/publish");
  ASSERT_THAT(requests, SizeIs(4));
  for (const auto& request : requests) EXPECT_EQ(request.body, requests.front().body);
  EXPECT_FALSE(json::parse(requests.front().body).contains("transitioning"));
  EXPECT_THAT(final_replies("p1"), SizeIs(1));
}

TEST_F(ReplyTest, R22_a_4xx_ends_the_matter) {
  start();
  server_.answer("/publish", {422, "{}"}, 1);
  server_.send(inspect_event("i1", "x"));
  ASSERT_TRUE(logged("event=i1 answered: ok"));
  EXPECT_THAT(log(), HasSubstr("server refused the reply"));
  settle();
  EXPECT_THAT(server_.requests("/publish"), SizeIs(2));
}

TEST_F(ReplyTest, E8_R22_a_reply_is_given_up_loudly_when_the_events_own_time_is_over) {
  start();
  server_.answer("/publish", {503, "later"});
  auto event = inspect_event("i1", "x");
  event["timeoutMillis"] = 300;
  server_.send(event);
  ASSERT_TRUE(logged("reply given up after"));
  server_.forget_answers();
  settle();
  EXPECT_THAT(server_.replies_to("i1"), IsEmpty());
}

TEST_F(ReplyTest, E6_work_that_ends_after_its_time_still_publishes_once) {
  engine_.add_image("local/box:1");
  start();
  engine_.set_delay(150ms);
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["timeoutMillis"] = 100;
  server_.send(event);
  const auto reply = server_.wait_reply("a1");
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->contains("transitioning"));
  engine_.set_delay(0ms);
  settle();
  EXPECT_THAT(final_replies("a1"), SizeIs(1));
}

TEST_F(ReplyTest, R26_an_id_in_work_is_run_once_and_a_finished_one_is_answered_again) {
  engine_.add_container("c", {{"Image", "i"}});
  start();
  engine_.set_delay(200ms);
  server_.send(inspect_event("i1", "c"));
  ASSERT_TRUE(engine_.wait_for_calls("GET", "/json", 1));
  server_.send(inspect_event("i1", "c"));
  server_.send(inspect_event("i1", "c"));
  ASSERT_TRUE(server_.wait_reply("i1"));
  engine_.set_delay(0ms);
  settle();
  EXPECT_THAT(final_replies("i1"), SizeIs(1));
  EXPECT_THAT(log(), HasSubstr("event=i1 sent again while in work"));
  server_.send(inspect_event("i1", "c"));
  EXPECT_TRUE(soon([&] { return final_replies("i1").size() == 2; }));
}

TEST_F(ReplyTest, R26_a_resend_at_the_moment_of_the_answer_is_not_lost) {
  start();
  for (std::size_t i = 1; i <= 50; ++i) {
    server_.send(ping_event("same"));
    ASSERT_TRUE(soon([&] { return final_replies("same").size() >= i; })) << i;
  }
}

TEST_F(ReplyTest, R18_ten_thousand_pings_are_answered_once_each) {
  start();
  constexpr std::size_t kPings = 10'000;
  for (std::size_t i = 0; i < kPings; ++i) server_.send(ping_event("p" + std::to_string(i)));
  ASSERT_TRUE(server_.wait_replies(kPings, 120s));
  settle();
  std::set<std::string> answered;
  for (const auto& reply : server_.replies())
    answered.insert(reply.at("previousIds").at(0).get<std::string>());
  EXPECT_EQ(answered.size(), kPings + 1);
  EXPECT_EQ(server_.replies().size(), kPings + 1);
}

TEST_F(ReplyTest, H112_R29_an_activation_ping_is_answered_once_while_the_engine_hangs) {
  hang("");
  start();
  auto event = ping_event("act", {{"resources", true}, {"stats", true}});
  event["timeoutMillis"] = 2'000;
  server_.send(event);
  server_.send(event);
  server_.send(event);
  EXPECT_TRUE(server_.wait_reply("act", 2'000ms));
  engine_.clear_faults();
  settle();
  EXPECT_THAT(final_replies("act"), SizeIs(1));
}

}  // namespace
}  // namespace cattle::agent
