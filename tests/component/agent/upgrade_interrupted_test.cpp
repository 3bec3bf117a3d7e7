// SPDX-License-Identifier: Apache-2.0
// A replacement that is cut off: the helper is killed, or the engine ends under it. Never are two agents
// there, never none for good.
#include "agent/image_watch.hpp"
#include "tests/component/agent/upgrade_fixture.hpp"

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class InterruptedUpgrade : public UpgradeTest {
 protected:
  /// The helper ends at this request and is started anew by the engine, which carries on.
  void cut_off_at(const std::string& method, const std::string& path) {
    support::Fault away;
    away.method = method;
    away.path_contains = path;
    away.times = -1;
    engine_.inject(away);
    EXPECT_THROW((void)upgrade_agent(around_), std::exception);
    engine_.clear_faults();
  }
};

TEST_F(InterruptedUpgrade, P35_an_interrupted_helper_goes_on_where_it_was) {
  // The engine ended when the old one was out of the way and the new one not yet made.
  on_pause_ = [] { throw std::runtime_error("the engine ends"); };
  support::Fault away;
  away.method = "DELETE";
  away.times = -1;
  engine_.inject(away);
  EXPECT_THROW((void)upgrade_agent(around_), std::exception);
  engine_.clear_faults();
  ASSERT_EQ(id_of("rancher-agent-previous"), old_);
  answer_after(1s);
  EXPECT_TRUE(upgrade_agent(around_));
  EXPECT_EQ(id_of("rancher-agent-previous"), old_);
  EXPECT_TRUE(engine_.is_running("rancher-agent"));
}

TEST_F(InterruptedUpgrade, P35_the_old_one_gets_its_own_policy_back_after_two_tries) {
  cut_off_at("POST", "/stop");
  ASSERT_EQ(policy("rancher-agent"), "no");
  EXPECT_FALSE(upgrade_agent(around_)) << "nobody answers";
  EXPECT_EQ(id_of("rancher-agent"), old_);
  EXPECT_EQ(policy("rancher-agent"), "always")
      << "or the next start of the engine leaves the host without an agent";
}

TEST_F(InterruptedUpgrade, P35_a_new_one_that_was_only_made_is_started) {
  client_.rename_container(old_, "rancher-agent-previous", {});
  engine_.exit_container(old_);
  const auto made = engine_.add_container("rancher-agent", agent_body(kNewImage));
  engine_.exit_container(made);
  answer_after(1s);
  EXPECT_TRUE(upgrade_agent(around_));
  EXPECT_EQ(id_of("rancher-agent"), made);
  EXPECT_TRUE(engine_.is_running("rancher-agent"));
}

TEST_F(InterruptedUpgrade, P35_a_helper_of_the_stock_scripts_is_started_again_too) {
  answer_after(1s);
  ASSERT_TRUE(upgrade_agent(around_));
  EXPECT_EQ(policy("rancher-agent-upgrade"), "on-failure");
}

TEST_F(InterruptedUpgrade, P35_an_engine_that_grants_no_policy_is_no_obstacle) {
  support::Fault refused;
  refused.method = "POST";
  refused.path_contains = "/containers/" + around_.own_container + "/update";
  engine_.inject(refused);
  answer_after(1s);
  EXPECT_TRUE(upgrade_agent(around_));
}

TEST_F(InterruptedUpgrade, P35_a_helper_that_was_given_up_leaves_no_agent_without_a_policy) {
  cut_off_at("POST", "/stop");
  engine_.exit_container("rancher-agent-upgrade");
  ImageWatch::Options options;
  options.own_image = kOldImage;
  ImageWatch subject(options, client_, [](const std::string&) {});
  subject.look({});
  EXPECT_FALSE(engine_.has_container("rancher-agent-upgrade"));
  EXPECT_EQ(policy("rancher-agent"), "always");
}

}  // namespace
}  // namespace cattle::agent::registration
