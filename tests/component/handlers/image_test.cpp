// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace cattle::tests {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using support::Attempt;
using support::Fault;
using support::HandlerRig;
using support::image_data;
using support::instance;
using support::kActivate;
using support::map_data;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kImageActivate = "storage.image.activate";
constexpr const char* kRemoteImage = "quay.io/a/b:1";

HandlerRig::Options impatient_options(const support::FakeEngine& engine) {
  HandlerRig::Options options;
  options.engine.host = engine.docker_host();
  options.engine.stream_idle = milliseconds(1'500);
  return options;
}

json build_data(const json& build) {
  auto data = image_data(kRemoteImage);
  data["imageStoragePoolMap"]["image"]["data"]["fields"]["build"] = build;
  return data;
}

class Images : public ::testing::Test {
 protected:
  std::size_t pulls() const { return engine.calls("POST", "/images/create").size(); }

  support::FakeEngine engine;
  HandlerRig rig{impatient_options(engine)};
};

TEST_F(Images, H92_R50_a_present_image_is_only_looked_at) {
  engine.add_image(kRemoteImage);
  const json done = {{"imageStoragePoolMap", json::object()}};
  EXPECT_EQ(rig.reply(kImageActivate, image_data(kRemoteImage)), done);
  EXPECT_EQ(rig.reply(kImageActivate, image_data(kRemoteImage)), done);
  EXPECT_EQ(pulls(), 0U);
}

TEST_F(Images, H92_E17_an_absent_image_is_pulled_with_progress) {
  engine.set_pull(kRemoteImage, {});
  Attempt run;
  const auto reply = rig.handle(HandlerRig::event(kImageActivate, image_data(kRemoteImage)), run);
  EXPECT_EQ(*reply, json({{"imageStoragePoolMap", json::object()}}));
  EXPECT_TRUE(engine.has_image(kRemoteImage));
  const auto texts = run.progress.texts();
  EXPECT_THAT(texts, Contains(StartsWith("Pulling from ")));
  EXPECT_THAT(texts, Contains(StartsWith("Digest: ")));
  EXPECT_THAT(texts, Contains(StartsWith("Status: Downloaded")));
  EXPECT_THAT(run.calls, Contains(::testing::Field(&docker::CallRecord::method, "POST")))
      << "the log tells the pull";
}

TEST_F(Images, H92_a_no_op_asks_the_engine_nothing) {
  auto no_op = image_data(kRemoteImage);
  no_op["processData"] = {{"containerNoOpEvent", true}};
  rig.reply(kImageActivate, no_op);
  auto inner = image_data(kRemoteImage);
  inner["imageStoragePoolMap"]["image"]["processData"] = {{"containerNoOpEvent", true}};
  rig.reply(kImageActivate, inner);
  EXPECT_TRUE(engine.calls().empty());
}

TEST_F(Images, H93_a_pulls_failure_says_its_kind_and_the_engines_words) {
  EXPECT_THAT(rig.error(kImageActivate, image_data("no/such:1")),
              AllOf(HasSubstr("no/such:1"), HasSubstr("no such image"), HasSubstr("manifest unknown")));
  const std::vector<std::pair<std::string, std::string>> causes{
      {"toomanyrequests: You have reached your pull rate limit", "limits pulls"},
      {"dial tcp 10.0.0.1:443: connect: connection refused", "could not be reached"},
      {"write /var/lib/docker/x: no space left on device", "disk of the host is full"},
      {"pull access denied for a/b", "denies access"}};
  for (const auto& [text, cause] : causes) {
    engine.set_pull(kRemoteImage, {.error_status = 500, .error = text});
    EXPECT_THAT(rig.error(kImageActivate, image_data(kRemoteImage)),
                AllOf(HasSubstr(text), HasSubstr(cause)));
    engine.set_pull(kRemoteImage, {.error = text});
    EXPECT_THAT(rig.error(kImageActivate, image_data(kRemoteImage)),
                AllOf(HasSubstr(text), HasSubstr(cause)));
  }
}

TEST_F(Images, H70_a_credential_is_sent_and_a_failure_tried_again_without) {
  engine.set_pull(kRemoteImage, {.username = "puller", .password = "right"});
  rig.reply(kImageActivate, image_data(kRemoteImage, "puller", "right"));
  EXPECT_EQ(pulls(), 1U);
  EXPECT_EQ(engine.calls("POST", "/images/create").at(0).headers.count("x-registry-auth"), 1U);

  engine.set_pull("quay.io/a/b:2", {.username = "puller", .password = "right"});
  engine.clear_calls();
  const auto error = rig.error(kImageActivate, image_data("quay.io/a/b:2", "puller", "secret-and-wrong"));
  ASSERT_EQ(pulls(), 2U);
  EXPECT_EQ(engine.calls("POST", "/images/create").at(1).headers.count("x-registry-auth"), 0U);
  EXPECT_THAT(error, HasSubstr("denies access to user puller")) << "the first error is the one that tells";
  EXPECT_THAT(error, Not(HasSubstr("secret-and-wrong")));
}

TEST_F(Images, H70_a_public_image_comes_in_spite_of_a_stale_credential) {
  engine.set_pull(kRemoteImage, {});
  engine.inject({.method = "POST",
                 .path_contains = "/images/create",
                 .message = "unauthorized: authentication required"});
  rig.reply(kImageActivate, image_data(kRemoteImage, "puller", "stale"));
  EXPECT_EQ(pulls(), 2U);
}

TEST_F(Images, twenty_containers_with_one_absent_image_share_one_pull) {
  engine.set_pull("team/app:1", {.line_pause = milliseconds(40)});
  std::vector<Attempt> runs(20);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto name = "c" + std::to_string(i);
        const auto event = HandlerRig::event(kActivate, map_data(instance(name, name, "team/app:1")));
        EXPECT_NO_THROW((void)rig.handle(event, runs[i])) << i;
      });
    }
  }
  EXPECT_EQ(pulls(), 1U);
  EXPECT_EQ(engine.container_ids().size(), 20U);
  for (const auto& run : runs) EXPECT_THAT(run.progress.texts(), Contains(StartsWith("Status: ")));
}

TEST_F(Images, callers_with_other_credentials_share_nothing) {
  engine.set_pull(kRemoteImage, {.line_pause = milliseconds(20), .username = "puller", .password = "right"});
  std::string wrong;
  {
    std::jthread right(
        [&] { EXPECT_NO_THROW(rig.reply(kImageActivate, image_data(kRemoteImage, "puller", "right"))); });
    ASSERT_TRUE(engine.wait_for_calls("POST", "/images/create", 1));
    wrong = rig.error(kImageActivate, image_data(kRemoteImage, "puller", "wrong"));
  }
  EXPECT_THAT(wrong, HasSubstr("denies access"));
  EXPECT_EQ(pulls(), 3U);
}

TEST_F(Images, a_pull_ends_when_the_last_event_that_waits_is_cancelled) {
  engine.set_pull(kRemoteImage, {.progress_lines = 1'000, .line_pause = milliseconds(50)});
  Attempt one;
  Attempt two;
  const auto wait = [&](Attempt& run) {
    EXPECT_THROW((void)rig.handle(HandlerRig::event(kImageActivate, image_data(kRemoteImage)), run),
                 docker::Error);
  };
  std::jthread first([&] { wait(one); });
  std::jthread second([&] { wait(two); });
  // Both have joined once each has heard of it: who comes later gets a pull of its own.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto joined = [&] { return !one.progress.texts().empty() && !two.progress.texts().empty(); };
  while (!joined() && std::chrono::steady_clock::now() < patience)
    std::this_thread::sleep_for(milliseconds(2));
  ASSERT_TRUE(engine.wait_for_calls("POST", "/images/create", 1));
  one.stop.request_stop();
  first.join();
  EXPECT_EQ(engine.connections() > 0, true);
  two.stop.request_stop();
  second.join();
  // A new event gets a pull of its own, not what is being cancelled.
  engine.set_pull(kRemoteImage, {});
  EXPECT_NO_THROW(rig.reply(kImageActivate, image_data(kRemoteImage)));
  EXPECT_EQ(pulls(), 2U);
}

TEST_F(Images, a_pull_without_a_byte_is_given_up) {
  engine.set_pull(kRemoteImage, {});
  engine.inject({.kind = Fault::Kind::hang, .method = "POST", .path_contains = "/images/create"});
  EXPECT_THAT(rig.error(kImageActivate, image_data(kRemoteImage)), HasSubstr("nothing came"));
}

TEST_F(Images, an_engine_that_dies_in_the_middle_of_a_pull_is_an_error_at_once) {
  engine.set_pull(kRemoteImage, {.progress_lines = 1'000, .line_pause = milliseconds(20)});
  std::string error;
  {
    std::jthread waiting([&] { error = rig.error(kImageActivate, image_data(kRemoteImage)); });
    ASSERT_TRUE(engine.wait_for_calls("POST", "/images/create", 1));
    engine.stop();
  }
  EXPECT_THAT(error, AllOf(HasSubstr(kRemoteImage), HasSubstr("engine went away")));
  engine.start();
  engine.set_pull(kRemoteImage, {});
  EXPECT_NO_THROW(rig.reply(kImageActivate, image_data(kRemoteImage)));
}

TEST_F(Images, a_pulls_time_is_not_the_events) {
  engine.set_pull(kRemoteImage, {.layers = 1, .progress_lines = 1, .line_pause = milliseconds(500)});
  Attempt run;
  const auto event = HandlerRig::event(kImageActivate, image_data(kRemoteImage), milliseconds(1'000));
  EXPECT_NO_THROW((void)rig.handle(event, run));
  EXPECT_GT(std::chrono::steady_clock::now(), event.received + event.timeout)
      << "the test was too quick to tell";
}

TEST_F(Images, H118_a_silent_pull_lets_the_progress_be_repeated) {
  engine.set_pull(kRemoteImage, {.layers = 1, .progress_lines = 1, .line_pause = milliseconds(1'200)});
  Attempt run;
  EXPECT_NO_THROW((void)rig.handle(HandlerRig::event(kImageActivate, image_data(kRemoteImage)), run));
  EXPECT_GT(run.progress.repeats(), 0);
  EXPECT_EQ(run.progress.texts().at(0), std::string("Pulling image ") + kRemoteImage) << "from the start";
}

TEST_F(Images, H101_a_remote_on_github_is_built_over_https) {
  Attempt run;
  const auto data = build_data({{"remote", "git@github.com:a/b.git"}, {"tag", "docker:quay.io/a/b:1"}});
  (void)rig.handle(HandlerRig::event(kImageActivate, data), run);
  const auto builds = engine.calls("POST", "/build");
  ASSERT_EQ(builds.size(), 1U);
  EXPECT_EQ(builds[0].query.at("remote"), "https://github.com/a/b.git");
  EXPECT_EQ(builds[0].query.at("t"), kRemoteImage);
  EXPECT_EQ(builds[0].query.at("rm"), "1");
  EXPECT_EQ(run.progress.texts().at(0), std::string("Building image ") + kRemoteImage);
  EXPECT_EQ(pulls(), 0U);
}

TEST_F(Images, H101_an_error_in_a_builds_stream_is_the_events) {
  engine.set_pull(kRemoteImage, {.error = "COPY failed: no such file"});
  EXPECT_THAT(rig.error(kImageActivate, build_data({{"remote", "https://h/x.git"}})),
              HasSubstr("COPY failed"));
}

TEST_F(Images, H101_a_context_that_does_not_come_is_an_error) {
  EXPECT_THAT(rig.error(kImageActivate, build_data({{"context", "http://127.0.0.1:9/context.tar"}})),
              HasSubstr("its context did not come"));
  EXPECT_THAT(rig.error(kImageActivate, build_data({{"context", "file:///etc/passwd"}})),
              HasSubstr("http or https"));
  EXPECT_TRUE(engine.calls("POST", "/build").empty());
}

}  // namespace
}  // namespace cattle::tests
