// SPDX-License-Identifier: Apache-2.0
// The image's entry point: its modes as a process, and registration up to the agent container on a fake
// engine.
#include "agent/registration/entry_point.hpp"

#include "agent/registration/agent_container.hpp"
#include "docker-client/client.hpp"
#include "tests/component/agent/registration/program.hpp"
#include "tests/component/agent/registration/registration_fixture.hpp"
#include "tests/support/fake_engine.hpp"

#include <nlohmann/json.hpp>

#include <thread>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
using support::FakeEngine;
using support::FakeServer;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

ProgramRun mode(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment = {{"PATH", "/usr/bin:/bin"}}) {
  std::vector<std::string> words{"entry-point"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(words, environment);
}

TEST(EntryPoint, P05_without_argument_it_says_so_and_ends_with_1) {
  const auto result = mode({});
  EXPECT_EQ(result.code, 1);
  EXPECT_FALSE(result.errors.empty());
  EXPECT_EQ(result.output, "");
}

TEST(EntryPoint, P06_modes_that_need_no_engine) {
  const auto state = mode({"state"});
  EXPECT_EQ(state.code, 0);
  EXPECT_EQ(state.output, "Rancher State\n");
  const auto other = mode({"anything"});
  EXPECT_EQ(other.code, 0);
  EXPECT_EQ(other.output + other.errors, "");
  const auto program = mode({"--", "sh", "-c", "echo \"$1\"; exit 7", "x", "two  words"});
  EXPECT_EQ(program.code, 7);
  EXPECT_EQ(program.output, "two  words\n");
  const auto no_url = mode({"register"}, {{"DOCKER_HOST", "unix:///nonexistent/sock"}});
  EXPECT_EQ(no_url.code, 0);
  EXPECT_THAT(no_url.output, HasSubstr("RANCHER_URL"));
}

TEST(EntryPoint, P06_modes_that_need_an_engine_end_with_1_without_it) {
  const std::map<std::string, std::string> nowhere{{"DOCKER_HOST", "unix:///nonexistent/sock"}};
  for (const auto* word : {"http://server.example/v1/scripts/x", "upgrade"}) {
    const auto result = mode({word}, nowhere);
    EXPECT_EQ(result.code, 1) << word;
    EXPECT_THAT(result.errors, StartsWith("ERROR: ")) << word;
  }
}

std::optional<std::string> nothing(const std::string&) {
  return std::nullopt;
}

class Launch : public RegistrationTest {
 protected:
  Launch() {
    docker::EngineOptions options;
    options.host = fake_.docker_host();
    engine_ = std::make_unique<docker::Client>(options);
    fake_.add_image("registry.local/our/agent:7");
    fake_.add_container("line", {{"Image", "registry.local/our/agent:7"}});
    around_.environment = &nothing;
    around_.say = request_.say;
    around_.engine = engine_.get();
    around_.waiting = waiting_;
    around_.own_container = "line";
    around_.state_dir = (directory_ / "state").string();
    around_.option_file = (directory_ / "etc/agent.conf").string();
    around_.ca_file = (directory_ / "etc/ssl/ca.crt").string();
    around_.state_is_mounted = true;
    accept_registration(server_);
  }
  void set(const std::map<std::string, std::string>& variables) {
    around_.environment = [variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }
  [[nodiscard]] json agent() const { return fake_.create_body(std::string(kAgentName)); }
  [[nodiscard]] std::vector<std::string> environment() const {
    return agent().at("Env").get<std::vector<std::string>>();
  }

  FakeServer server_;
  FakeEngine fake_;
  std::unique_ptr<docker::Client> engine_;
  Surroundings around_;
};

TEST_F(Launch, P01_P04_P23_the_line_ends_with_an_agent_container_of_its_own_image) {
  register_and_launch(registration_url(server_), around_);
  EXPECT_TRUE(fake_.is_running("rancher-agent"));
  EXPECT_EQ(agent().at("Image"), "registry.local/our/agent:7");
  EXPECT_THAT(environment(), AllOf(Contains("CATTLE_ACCESS_KEY=0011AABB"),
                                   Contains("CATTLE_URL=" + server_.url("/v1", kHost))));
  EXPECT_THAT(said_.back(), HasSubstr("Launched Rancher Agent: "));
  EXPECT_THAT(said_, Each(Not(HasSubstr("theSecretKeyOfTheAgent")))) << "P19";
}

TEST_F(Launch, P20_run_again_it_replaces_the_container_and_nothing_else) {
  fake_.add_container("web", {{"Image", "registry.local/our/agent:7"}});
  register_and_launch(registration_url(server_), around_);
  const auto first = fake_.container("rancher-agent")->at("Id");
  register_and_launch(registration_url(server_), around_);
  EXPECT_NE(fake_.container("rancher-agent")->at("Id"), first);
  EXPECT_TRUE(fake_.is_running("rancher-agent"));
  EXPECT_TRUE(fake_.is_running("web"));
  EXPECT_EQ(fake_.container_ids().size(), 3U);
}

TEST_F(Launch, P09_a_bad_address_ends_it_before_anything_is_touched) {
  set({{"CATTLE_AGENT_IP", "127.0.0.1"}});
  EXPECT_THROW(register_and_launch(registration_url(server_), around_), Failure);
  EXPECT_FALSE(fake_.has_container("rancher-agent"));
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(Launch, a_wish_for_an_interface_goes_by_the_option_file_so_that_the_stock_image_still_starts) {
  set({{"CATTLE_AGENT_IP", "if:eth1"}});
  register_and_launch(registration_url(server_), around_);
  EXPECT_THAT(environment(), Each(Not(StartsWith("CATTLE_AGENT_IP"))));
  EXPECT_THAT(content(around_.option_file), HasSubstr("export CATTLE_AGENT_IP='if:eth1'"));
}

TEST_F(Launch, an_address_that_is_given_later_takes_the_place_of_the_rule) {
  set({{"CATTLE_AGENT_IP", "if:eth1"}});
  register_and_launch(registration_url(server_), around_);
  set({{"CATTLE_AGENT_IP", "if:eth2"}});
  register_and_launch(registration_url(server_), around_);
  EXPECT_EQ(content(around_.option_file), "export CATTLE_AGENT_IP='if:eth2'\n");
  set({{"CATTLE_AGENT_IP", "10.9.8.7"}});
  register_and_launch(registration_url(server_), around_);
  EXPECT_EQ(content(around_.option_file), "");
  EXPECT_THAT(environment(), Contains("CATTLE_AGENT_IP=10.9.8.7"));
}

TEST_F(Launch, P25_what_no_registration_passes_on_goes_by_the_option_file) {
  set({{"CATTLE_UPGRADE_IMAGES", "any"}, {"CATTLE_REPLACE_WAIT_PROGRAM", "true"}});
  register_and_launch(registration_url(server_), around_);
  EXPECT_EQ(content(around_.option_file),
            "export CATTLE_REPLACE_WAIT_PROGRAM='true'\nexport CATTLE_UPGRADE_IMAGES='any'\n");
  EXPECT_THAT(environment(), Each(Not(HasSubstr("UPGRADE_IMAGES"))));
}

TEST_F(Launch, P2_without_the_hosts_directory_it_goes_there_by_the_inspection_container) {
  around_.state_is_mounted = false;
  set({{"CATTLE_AGENT_IP", "if:eth1"}, {"CATTLE_UPGRADE_IMAGES", "any"}});
  const auto inspect = [this](std::size_t starts) {
    const std::string name = "rancher-agent-inspect-host";
    ASSERT_TRUE(fake_.wait_for_calls("POST", "/wait", starts));
    fake_.print(name,
                "INFO: env CATTLE_VAR_LIB_WRITABLE=true\nINFO: env TOKEN=" + std::string(128, 'a') + "\n");
    fake_.exit_container(name);
  };
  std::thread host([&] {
    inspect(1);
    inspect(2);
  });
  register_and_launch(registration_url(server_), around_);
  host.join();
  const auto created = fake_.calls("POST", "/containers/create");
  ASSERT_EQ(created.size(), 3U);
  EXPECT_THAT(json::parse(created[0].body).at("Env"), IsEmpty());
  EXPECT_THAT(json::parse(created[1].body).at("Env").get<std::vector<std::string>>(),
              testing::UnorderedElementsAre("CATTLE_KEEP_CATTLE_AGENT_IP=if:eth1",
                                            "CATTLE_KEEP_CATTLE_UPGRADE_IMAGES=any"));
  EXPECT_EQ(content(around_.option_file), "") << "it would be lost with this container";
  EXPECT_TRUE(fake_.is_running("rancher-agent"));
}

TEST_F(Launch, no_metacharacter_changes_what_is_passed_on) {
  const std::string odd = "a=$(touch x)`id`;b=\"'\\ & |>";
  set({{"CATTLE_HOST_LABELS", odd}, {"CATTLE_SCHEDULER_IPS", "$IFS"}});
  register_and_launch(registration_url(server_), around_);
  EXPECT_THAT(environment(),
              AllOf(Contains("CATTLE_HOST_LABELS=" + odd), Contains("CATTLE_SCHEDULER_IPS=$IFS")));
}

TEST_F(Launch, S21_containers_and_helpers_of_both_families_are_replaced) {
  for (const auto name : {kForkAgentName, kUpgradeName, kForkUpgradeName})
    fake_.add_container(std::string(name), {{"Image", "registry.local/our/agent:7"}});
  register_and_launch(registration_url(server_), around_);
  EXPECT_TRUE(fake_.is_running("rancher-agent"));
  for (const auto name : {kForkAgentName, kUpgradeName, kForkUpgradeName})
    EXPECT_FALSE(fake_.has_container(std::string(name))) << name;
}

TEST_F(Launch, S22_the_state_volume_is_the_forks_then_the_stock_one) {
  EXPECT_EQ(choose_state_volume(*engine_, {}), "rancher-agent-state");
  fake_.add_volume("rancher-agent-state");
  EXPECT_EQ(choose_state_volume(*engine_, {}), "rancher-agent-state");
  fake_.add_volume("pasturestack-node-agent-state");
  EXPECT_EQ(choose_state_volume(*engine_, {}), "pasturestack-node-agent-state");
  register_and_launch(registration_url(server_), around_);
  EXPECT_THAT(agent().at("HostConfig").at("Binds").get<std::vector<std::string>>(),
              Contains(StartsWith("pasturestack-node-agent-state:/var/lib/cattle")));
}

TEST_F(Launch, a_container_that_the_engine_does_not_know_is_explained) {
  around_.own_container = "renamed";
  try {
    register_and_launch(registration_url(server_), around_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.outcome(), Outcome::engine);
    EXPECT_THAT(failure.what(), HasSubstr("without --hostname"));
  }
}

}  // namespace
}  // namespace cattle::agent::registration
