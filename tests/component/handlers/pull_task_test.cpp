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

constexpr const char* kImageActivate = "storage.image.activate";
constexpr const char* kPull = "compute.instance.pull";
constexpr const char* kRemoteImage = "quay.io/a/b:1";

json pull_data(const std::string& full_name, const std::string& server, const std::string& mode = "all") {
  return {{"instancePull",
           {{"kind", "docker"},
            {"mode", mode},
            {"complete", false},
            {"tag", "pull-1"},
            {"image", {{"data", {{"dockerImage", {{"fullName", full_name}, {"server", server}}}}}}}}}};
}

HandlerRig::Options options_for(const support::FakeEngine& engine) {
  HandlerRig::Options options;
  options.engine.host = engine.docker_host();
  return options;
}

class PullTask : public ::testing::Test {
 protected:
  std::size_t pulls() const { return engine.calls("POST", "/images/create").size(); }

  support::FakeEngine engine;
  HandlerRig rig{options_for(engine)};
};

TEST_F(PullTask, H82_a_pull_task_pulls_and_holds_the_image_with_a_tag) {
  const std::string name = "reg.local:5000/library/redis:3";
  engine.set_pull(name, {});
  const auto reply = rig.reply(kPull, pull_data("library/redis:3", "reg.local:5000"));
  EXPECT_TRUE(engine.has_image("reg.local:5000/library/redis:3pull-1"));
  EXPECT_THAT(reply.at("fields").at("dockerImage").at("Id").get<std::string>(), StartsWith("sha256:"));
}

TEST_F(PullTask, S49_a_pull_task_pulls_what_is_present) {
  engine.add_image(kRemoteImage);
  engine.set_pull(kRemoteImage, {});
  rig.reply(kPull, pull_data(kRemoteImage, ""));
  EXPECT_EQ(pulls(), 1U);
}

TEST_F(PullTask, E11_what_waited_for_a_pull_of_its_image_takes_its_result) {
  engine.set_pull(kRemoteImage, {});
  const auto waiting = HandlerRig::event(kPull, pull_data(kRemoteImage, ""));
  rig.reply(kImageActivate, image_data(kRemoteImage));
  Attempt run;
  const auto reply = rig.handle(waiting, run);
  EXPECT_THAT(reply->at("fields").at("dockerImage").at("Id").get<std::string>(), StartsWith("sha256:"));
  EXPECT_EQ(pulls(), 1U);
  rig.reply(kPull, pull_data(kRemoteImage, ""));
  EXPECT_EQ(pulls(), 2U) << "an event that came after its end wants a pull of its own";
}

TEST_F(PullTask, E11_what_waited_for_a_pull_that_failed_fails_with_it) {
  engine.set_pull(kRemoteImage, {.error = "manifest unknown"});
  const auto waiting = HandlerRig::event(kImageActivate, image_data(kRemoteImage));
  EXPECT_THAT(rig.error(kPull, pull_data(kRemoteImage, "")), HasSubstr("manifest unknown"));
  Attempt run;
  EXPECT_THROW((void)rig.handle(waiting, run), handlers::OperationError);
  EXPECT_EQ(pulls(), 1U);
}

TEST_F(PullTask, H83_the_second_half_takes_only_the_tag_away) {
  engine.set_pull(kRemoteImage, {});
  rig.reply(kPull, pull_data(kRemoteImage, ""));
  auto complete = pull_data(kRemoteImage, "");
  complete["instancePull"]["complete"] = true;
  rig.reply(kPull, complete);
  EXPECT_FALSE(engine.has_image("quay.io/a/b:1pull-1"));
  EXPECT_TRUE(engine.has_image(kRemoteImage));
  EXPECT_NO_THROW(rig.reply(kPull, complete)) << "gone already is a success";
  const auto deletes = engine.calls("DELETE", "/images/");
  ASSERT_FALSE(deletes.empty());
  EXPECT_EQ(deletes[0].query.at("force"), "1");
  EXPECT_EQ(deletes[0].query.at("noprune"), "1");
}

TEST_F(PullTask, H84_mode_cached_refreshes_only_what_is_there) {
  engine.set_pull(kRemoteImage, {});
  EXPECT_EQ(rig.reply(kPull, pull_data(kRemoteImage, "", "cached")).at("fields").at("dockerImage"),
            json::object());
  EXPECT_EQ(pulls(), 0U);
  engine.add_image(kRemoteImage);
  rig.reply(kPull, pull_data(kRemoteImage, "", "cached"));
  EXPECT_EQ(pulls(), 1U);
}

TEST_F(PullTask, H85_an_untagged_name_is_held_in_its_own_repository) {
  engine.set_pull("quay.io/a/b:latest", {});
  rig.reply(kPull, pull_data("a/b", "quay.io"));
  EXPECT_TRUE(engine.has_image("quay.io/a/b:latestpull-1"));
}

}  // namespace
}  // namespace cattle::tests
