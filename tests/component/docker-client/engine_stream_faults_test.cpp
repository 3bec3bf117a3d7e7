// SPDX-License-Identifier: Apache-2.0
// Pulls, builds and events that go wrong half-way, as a real engine's can't be made to on demand.
#include "tests/component/docker-client/engine_faults_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace cattle::docker {
namespace {

using std::chrono::milliseconds;
using support::Fault;
using support::PullBehaviour;
using ::testing::HasSubstr;

TEST_F(EngineFaults, pull_that_breaks_off_is_unavailable) {
  Fault cut;
  cut.kind = Fault::Kind::cut;
  cut.path_contains = "/images/create";
  cut.bytes = 200;
  fake_.inject(cut);
  EXPECT_EQ(pull_error("big:1").kind(), ErrorKind::unavailable);
  EXPECT_FALSE(fake_.has_image("big:1"));
}

TEST_F(EngineFaults, pull_in_an_engine_that_is_killed_is_unavailable) {
  PullBehaviour slow;
  slow.line_pause = milliseconds(50);
  fake_.set_pull("slow:1", slow);
  std::jthread killer([this] {
    EXPECT_TRUE(fake_.wait_for_calls("POST", "/images/create", 1));
    fake_.stop();
  });
  EXPECT_EQ(pull_error("slow:1").kind(), ErrorKind::unavailable);
}

TEST_F(EngineFaults, pull_that_falls_silent_is_a_timeout) {
  PullBehaviour silent;
  silent.line_pause = std::chrono::seconds(30);
  fake_.set_pull("silent:1", silent);
  EXPECT_EQ(pull_error("silent:1").kind(), ErrorKind::timeout);
}

TEST_F(EngineFaults, slow_pull_ticks_and_ends_well) {
  PullBehaviour slow;
  slow.layers = 1;
  slow.line_pause = milliseconds(250);
  fake_.set_pull("slow:1", slow);
  int ticks = 0;
  StreamCallbacks callbacks;
  callbacks.on_tick = [&ticks] { ++ticks; };
  client().pull_image(parse_image_reference("slow:1"), std::nullopt, callbacks, call_);
  EXPECT_GE(ticks, 1);
  EXPECT_TRUE(fake_.has_image("slow:1"));
}

TEST_F(EngineFaults, errors_in_the_stream_under_200_are_told_apart) {
  const std::pair<const char*, ErrorKind> cases[] = {
      {"write /var/lib/docker/tmp/x: no space left on device", ErrorKind::no_space},
      {"toomanyrequests: slow down", ErrorKind::rate_limited},
      {"unauthorized: authentication required", ErrorKind::unauthorized},
      {"dial tcp 10.0.0.1:443: i/o timeout", ErrorKind::network},
      {"filesystem layer verification failed", ErrorKind::engine}};
  for (const auto& [text, kind] : cases) {
    PullBehaviour failing;
    failing.error = text;
    fake_.set_pull("bad:1", failing);
    const Error error = pull_error("bad:1");
    EXPECT_EQ(error.kind(), kind) << text;
    EXPECT_EQ(error.engine_message(), text);
  }
}

TEST_F(EngineFaults, exception_from_a_callback_comes_out) {
  StreamCallbacks callbacks;
  callbacks.on_message = [](const StreamMessage&) { throw std::logic_error("mine"); };
  EXPECT_THROW(client().pull_image(parse_image_reference("big:1"), std::nullopt, callbacks, call_),
               std::logic_error);
  EXPECT_TRUE(client().inspect_container(id_, call_)) << "the client goes on";
}

TEST_F(EngineFaults, build_error_is_thrown_and_the_remotes_password_is_not_recorded) {
  PullBehaviour failing;
  failing.error = "The command '/bin/sh -c false' returned a non-zero code: 1";
  fake_.set_pull("mine:1", failing);
  std::string recorded;
  call_.observer = [&recorded](const CallRecord& record) { recorded += record.path + "\n"; };
  BuildOptions options;
  options.remote = "https://user:planted@git.invalid/x.git?token=planted";
  options.tag = "mine:1";
  EXPECT_EQ(error_of([&] { client().build_image(options, {}, call_); }).engine_message(), failing.error);
  EXPECT_THAT(recorded, HasSubstr("remote=https%3A%2F%2Fxxxxx%40git.invalid%2Fx.git%3Fxxxxx"));
  EXPECT_THAT(recorded, ::testing::Not(HasSubstr("planted")));
}

TEST_F(EngineFaults, builds_may_be_silent_for_longer_than_pulls) {
  PullBehaviour silent;
  silent.line_pause = milliseconds(800);
  fake_.set_pull("mine:1", silent);
  BuildOptions options;
  options.remote = "https://git.invalid/x.git";
  options.tag = "mine:1";
  EXPECT_NO_THROW(client().build_image(options, {}, call_)) << "pulls end after 300 ms";
  options_.build_idle = milliseconds(200);
  EXPECT_EQ(error_of([&] { Client(options_).build_image(options, {}, call_); }).kind(), ErrorKind::timeout);
  EXPECT_EQ(EngineOptions().build_idle, std::chrono::hours(1));
  EXPECT_EQ(EngineOptions().stream_idle, std::chrono::seconds(120));
}

TEST_F(EngineFaults, pull_makes_one_request_with_the_tag) {
  static_cast<void>(client().known_version(call_));
  fake_.clear_calls();
  fake_.set_pull("plain:latest", {});
  client().pull_image({"plain", "", false}, std::nullopt, {}, call_);
  const auto calls = fake_.calls();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].query.at("tag"), "latest");
  EXPECT_EQ(calls[0].headers.count("x-registry-auth"), 0U);
  EXPECT_EQ(calls[0].headers.count("expect"), 0U);
}

TEST_F(EngineFaults, S51_events_of_the_newest_engine_are_read) {
  fake_.restart(engine("31.0.0", "1.60", "1.52"));
  std::stop_source source;
  Call following;
  following.stop = source.get_token();
  std::jthread starter([this] {
    EXPECT_TRUE(fake_.wait_for_calls("GET", "/events", 1));
    static_cast<void>(client().start_container(id_, call_));
  });
  EngineEvent seen;
  client().events(R"({"type":["container"],"event":["start"]})", 1,
                  [&](const EngineEvent& event) {
                    seen = event;
                    source.request_stop();
                  },
                  following);
  EXPECT_EQ(seen.actor_id, id_);
  EXPECT_EQ(seen.attributes.at("image"), "busybox:latest");
}

TEST_F(EngineFaults, stream_of_events_that_ends_is_unavailable) {
  std::jthread killer([this] {
    EXPECT_TRUE(fake_.wait_for_calls("GET", "/events", 1));
    fake_.stop();
  });
  EXPECT_EQ(error_of([&] {
              client().events(
                  "", std::nullopt, [](const EngineEvent&) {}, call_);
            }).kind(),
            ErrorKind::unavailable);
}

}  // namespace
}  // namespace cattle::docker
