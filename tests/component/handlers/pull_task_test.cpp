// SPDX-License-Identifier: Apache-2.0
// compute.instance.pull, and what it shares with other events that want its image.
#include "handlers/errors.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/handler_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::Attempt;
using support::HandlerRig;
using support::image_data;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kActivateImage = "storage.image.activate";
constexpr const char* kPullTask = "compute.instance.pull";
constexpr const char* kPulledImage = "quay.io/a/b:1";

json pull_data(const std::string& full_name, const std::string& server, const std::string& mode = "all") {
  return {{"instancePull",
           {{"kind", "docker"},
            {"mode", mode},
            {"complete", false},
            {"tag", "pull-1"},
            {"image", {{"data", {{"dockerImage", {{"fullName", full_name}, {"server", server}}}}}}}}}};
}

HandlerRig::Options pull_task_options(const support::FakeEngine& engine) {
  HandlerRig::Options options;
  options.engine.host = engine.docker_host();
  return options;
}

class PullTask : public ::testing::Test {
 protected:
  std::size_t pulls() const { return engine.calls("POST", "/images/create").size(); }

  support::FakeEngine engine;
  HandlerRig rig{pull_task_options(engine)};
};

TEST_F(PullTask, H82_a_pull_task_pulls_and_holds_the_image_with_a_tag) {
  const std::string name = "reg.local:5000/library/redis:3";
  engine.set_pull(name, {});
  const auto reply = rig.reply(kPullTask, pull_data("library/redis:3", "reg.local:5000"));
  EXPECT_TRUE(engine.has_image("reg.local:5000/library/redis:3pull-1"));
  EXPECT_THAT(reply.at("fields").at("dockerImage").at("Id").get<std::string>(), StartsWith("sha256:"));
}

TEST_F(PullTask, S49_a_pull_task_pulls_what_is_present) {
  engine.add_image(kPulledImage);
  engine.set_pull(kPulledImage, {});
  rig.reply(kPullTask, pull_data(kPulledImage, ""));
  EXPECT_EQ(pulls(), 1U);
}

TEST_F(PullTask, E11_what_waited_for_a_pull_of_its_image_takes_its_result) {
  engine.set_pull(kPulledImage, {});
  const auto waiting = HandlerRig::event(kPullTask, pull_data(kPulledImage, ""));
  rig.reply(kActivateImage, image_data(kPulledImage));
  Attempt run;
  const auto reply = rig.handle(waiting, run);
  EXPECT_THAT(reply->at("fields").at("dockerImage").at("Id").get<std::string>(), StartsWith("sha256:"));
  EXPECT_EQ(pulls(), 1U);
  rig.reply(kPullTask, pull_data(kPulledImage, ""));
  EXPECT_EQ(pulls(), 2U) << "an event that came after its end wants a pull of its own";
}

TEST_F(PullTask, E11_what_waited_for_a_pull_that_failed_fails_with_it) {
  engine.set_pull(kPulledImage, {.error = "manifest unknown"});
  const auto waiting = HandlerRig::event(kActivateImage, image_data(kPulledImage));
  EXPECT_THAT(rig.error(kPullTask, pull_data(kPulledImage, "")), HasSubstr("manifest unknown"));
  Attempt run;
  EXPECT_THROW((void)rig.handle(waiting, run), handlers::OperationError);
  EXPECT_EQ(pulls(), 1U);
}

TEST_F(PullTask, H83_the_second_half_takes_only_the_tag_away) {
  engine.set_pull(kPulledImage, {});
  rig.reply(kPullTask, pull_data(kPulledImage, ""));
  auto complete = pull_data(kPulledImage, "");
  complete["instancePull"]["complete"] = true;
  rig.reply(kPullTask, complete);
  EXPECT_FALSE(engine.has_image("quay.io/a/b:1pull-1"));
  EXPECT_TRUE(engine.has_image(kPulledImage));
  EXPECT_NO_THROW(rig.reply(kPullTask, complete)) << "gone already is a success";
  const auto deletes = engine.calls("DELETE", "/images/");
  ASSERT_FALSE(deletes.empty());
  EXPECT_EQ(deletes[0].query.at("force"), "1");
  EXPECT_EQ(deletes[0].query.at("noprune"), "1");
}

TEST_F(PullTask, H84_mode_cached_refreshes_only_what_is_there) {
  engine.set_pull(kPulledImage, {});
  EXPECT_EQ(rig.reply(kPullTask, pull_data(kPulledImage, "", "cached")).at("fields").at("dockerImage"),
            json::object());
  EXPECT_EQ(pulls(), 0U);
  engine.add_image(kPulledImage);
  rig.reply(kPullTask, pull_data(kPulledImage, "", "cached"));
  EXPECT_EQ(pulls(), 1U);
}

TEST_F(PullTask, H85_an_untagged_name_is_held_in_its_own_repository) {
  engine.set_pull("quay.io/a/b:latest", {});
  rig.reply(kPullTask, pull_data("a/b", "quay.io"));
  EXPECT_TRUE(engine.has_image("quay.io/a/b:latestpull-1"));
}

}  // namespace
}  // namespace cattle::tests
