// SPDX-License-Identifier: Apache-2.0
// One agent container takes another's place, and gives it back.
#include "agent/image_watch.hpp"
#include "tests/component/agent/upgrade_fixture.hpp"

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(UpgradeTest, P35_the_new_one_stays_when_it_has_answered_a_ping) {
  answer_after(59s);
  EXPECT_TRUE(upgrade_agent(around_));
  EXPECT_NE(id_of("rancher-agent"), old_);
  EXPECT_TRUE(engine_.is_running("rancher-agent"));
  EXPECT_EQ(policy("rancher-agent"), "always");
  EXPECT_EQ(id_of("rancher-agent-previous"), old_);
  EXPECT_FALSE(engine_.is_running("rancher-agent-previous"));
  EXPECT_EQ(policy("rancher-agent-previous"), "no");
  EXPECT_THAT(said_, Contains(HasSubstr("Launched Rancher Agent: " + id_of("rancher-agent"))));
}

TEST_F(UpgradeTest, P36_variables_go_over_bit_by_bit_and_nothing_else_does) {
  answer_after(1s);
  ASSERT_TRUE(upgrade_agent(around_));
  const auto body = engine_.create_body("rancher-agent");
  EXPECT_THAT(body.at("Env"), testing::UnorderedElementsAre(
                                  "CATTLE_AGENT_PIDNS=host", std::string("RANCHER_AGENT_IMAGE=") + kNewImage,
                                  "CATTLE_URL=http://s:8080/v1", "CATTLE_ACCESS_KEY=key",
                                  "CATTLE_SECRET_KEY=s$HOME`x`", "CATTLE_HOST_LABELS=a=$1&b=\"c\""));
  EXPECT_EQ(body.at("Image"), kNewImage);
}

TEST_F(UpgradeTest, P35_R11_one_that_does_not_answer_gives_its_place_back) {
  bool two = false;
  on_pause_ = [&] { two = two || (engine_.is_running(old_) && engine_.container_ids().size() > 2); };
  const auto began = now_;
  EXPECT_FALSE(upgrade_agent(around_));
  EXPECT_GE(now_ - began, 60s);
  EXPECT_LT(now_ - began, 62s);
  EXPECT_FALSE(two);
  EXPECT_EQ(id_of("rancher-agent"), old_);
  EXPECT_TRUE(engine_.is_running("rancher-agent"));
  EXPECT_EQ(policy("rancher-agent"), "always");
  EXPECT_FALSE(engine_.has_container("rancher-agent-previous"));
  EXPECT_THAT(said_.back(), HasSubstr("the old one is started again"));
}

TEST_F(UpgradeTest, P35_R11_the_old_one_is_stopped_before_the_new_one_starts) {
  answer_after(1s);
  ASSERT_TRUE(upgrade_agent(around_));
  std::vector<std::string> order;
  for (const auto& call : engine_.calls("POST", "/containers/")) {
    order.push_back(call.path.substr(call.path.rfind('/') + 1));
  }
  // The first is the helper's own policy.
  EXPECT_THAT(order, ElementsAre("update", "update", "stop", "rename", "create", "start"));
}

TEST_F(UpgradeTest, P35_one_that_cannot_be_made_gives_its_place_back) {
  support::Fault fault;
  fault.method = "POST";
  fault.path_contains = "/containers/create";
  engine_.inject(fault);
  EXPECT_FALSE(upgrade_agent(around_));
  EXPECT_EQ(id_of("rancher-agent"), old_);
  EXPECT_TRUE(engine_.is_running("rancher-agent"));
}

TEST_F(UpgradeTest, S21_the_forks_container_is_replaced_and_gets_its_own_name_back) {
  engine_.remove_container("rancher-agent");
  const auto fork = engine_.add_container("pasturestack-node-agent", agent_body(kOldImage));
  EXPECT_FALSE(upgrade_agent(around_));
  EXPECT_EQ(id_of("pasturestack-node-agent"), fork);
  EXPECT_TRUE(engine_.is_running("pasturestack-node-agent"));
  EXPECT_FALSE(engine_.has_container("rancher-agent"));
}

TEST_F(UpgradeTest, S22_the_state_volume_that_is_there_is_kept) {
  EXPECT_EQ(choose_state_volume(client_, {}), "rancher-agent-state");
  engine_.add_volume("rancher-agent-state");
  EXPECT_EQ(choose_state_volume(client_, {}), "rancher-agent-state");
  engine_.add_volume("pasturestack-node-agent-state");
  EXPECT_EQ(choose_state_volume(client_, {}), "pasturestack-node-agent-state");
}

TEST(UpgradeDecision, P34_the_own_name_asks_for_nothing) {
  EXPECT_EQ(decide_upgrade("", kOldImage, ""), UpgradeDecision::none);
  EXPECT_EQ(decide_upgrade(kOldImage, kOldImage, "any"), UpgradeDecision::none);
}

TEST(UpgradeDecision, P35_three_cases) {
  EXPECT_EQ(decide_upgrade(kNewImage, kOldImage, ""), UpgradeDecision::upgrade);
  EXPECT_EQ(decide_upgrade("rancher/agent:v1.2.11", kOldImage, ""), UpgradeDecision::refused);
  EXPECT_EQ(decide_upgrade("rancher/agent:v1.2.11", kOldImage, "any"), UpgradeDecision::upgrade);
  EXPECT_EQ(decide_upgrade("docker.io/rancher/agent:v2", kOldImage, "x/y, rancher/agent"),
            UpgradeDecision::upgrade);
  EXPECT_EQ(decide_upgrade("evil/rancher/agent:v2", kOldImage, "rancher/agent"), UpgradeDecision::refused);
  EXPECT_EQ(decide_upgrade("other.host/agent:2", kOldImage, ""), UpgradeDecision::refused);
}

class ImageWatchTest : public UpgradeTest {
 protected:
  ImageWatchTest() { engine_.remove_container("rancher-agent-upgrade"); }
  ImageWatch watch(const std::string& permitted = "") {
    ImageWatch::Options options;
    options.own_image = kOldImage;
    options.permitted = permitted;
    options.retry = 0ms;
    return {options, client_, [this](const std::string& line) { said_.push_back(line); }};
  }
};

TEST_F(ImageWatchTest, P34_nothing_happens_for_the_own_image) {
  auto subject = watch();
  subject.consider(kOldImage, {});
  subject.consider("", {});
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_FALSE(engine_.has_container("rancher-agent-upgrade"));
}

TEST_F(ImageWatchTest, P35_S60_what_is_not_permitted_is_said_once) {
  auto subject = watch();
  for (int round = 0; round < 3; ++round) subject.consider("rancher/agent:v1.2.11", {});
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_THAT(said_.front(), HasSubstr("rancher/agent:v1.2.11"));
  EXPECT_THAT(said_.front(), HasSubstr(kOldImage));
  EXPECT_FALSE(engine_.has_container("rancher-agent-upgrade"));
}

TEST_F(ImageWatchTest, P35_the_helper_is_started_with_the_new_image) {
  auto subject = watch();
  subject.consider(kNewImage, {});
  ASSERT_TRUE(engine_.is_running("rancher-agent-upgrade"));
  const auto body = engine_.create_body("rancher-agent-upgrade");
  EXPECT_EQ(body.at("Image"), kNewImage);
  EXPECT_EQ(body.at("Cmd"), json::array({"upgrade"}));
  EXPECT_THAT(engine_.calls("POST", "/images/create"), SizeIs(1)) << "it is pulled first";
}

TEST_F(ImageWatchTest, P35_the_original_is_handed_over_to_and_the_log_says_how) {
  auto subject = watch("rancher/agent");
  subject.consider("rancher/agent:v1.2.11", {});
  EXPECT_TRUE(engine_.is_running("rancher-agent-upgrade"));
  EXPECT_THAT(said_, Contains(HasSubstr("without probation")));
}

TEST_F(ImageWatchTest, P31_the_helper_that_put_us_here_goes_when_it_has_ended) {
  for (const auto* name : {"rancher-agent-upgrade", "pasturestack-node-agent-upgrade"}) {
    engine_.add_container(name, {{"Image", kOldImage}});
    auto subject = watch();
    subject.look({});
    EXPECT_TRUE(engine_.has_container(name)) << "it has us on probation";
    engine_.exit_container(name);
    subject.look({});
    EXPECT_FALSE(engine_.has_container(name));
  }
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ImageWatchTest, P35_a_failed_upgrade_is_said_and_tried_again_later_only) {
  engine_.add_container("rancher-agent-upgrade", {{"Image", kNewImage}});
  engine_.print("rancher-agent-upgrade", "the new agent did not answer\n");
  ImageWatch::Options options;
  options.own_image = kOldImage;
  ImageWatch subject(options, client_, [this](const std::string& line) { said_.push_back(line); });
  subject.consider(kNewImage, {});
  EXPECT_THAT(said_, IsEmpty()) << "the helper still runs";
  engine_.exit_container("rancher-agent-upgrade");
  for (int round = 0; round < 3; ++round) subject.consider(kNewImage, {});
  EXPECT_THAT(said_, ElementsAre(HasSubstr("the new agent did not answer")));
  EXPECT_FALSE(engine_.has_container("rancher-agent-upgrade"));
  subject.consider("registry.local/agent:3", {});
  EXPECT_THAT(said_, Contains(HasSubstr("registry.local/agent:3"))) << "another image is another matter";
}

}  // namespace
}  // namespace cattle::agent::registration
