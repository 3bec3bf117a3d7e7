// SPDX-License-Identifier: Apache-2.0
// `cattle-agent register` on a host of its own.
#include "tests/component/agent/registration/command_fixture.hpp"

#include <sched.h>

#include <cstdlib>
#include <fstream>

namespace cattle::agent {
namespace {

using namespace registration;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

TEST_F(Command, P15_P19_registering_twice_is_registering_once) {
  accept_registration(server_);
  const auto first = run_register();
  EXPECT_EQ(first.code, 0) << first.errors;
  const auto key = content(state(".registration_token"));
  EXPECT_EQ(key.size(), 129U);
  const auto second = run_register();
  EXPECT_EQ(second.code, 0) << second.errors;
  EXPECT_EQ(content(state(".registration_token")), key);
  key_is_sent_and_nothing_is_told(key, first.output + first.errors + second.output + second.errors);
  EXPECT_THAT(content(state("credentials.conf")),
              AllOf(HasSubstr("CATTLE_ACCESS_KEY='0011AABB'"), HasSubstr(server_.url("/v1", kHost))));
  for (const auto* name : {".registration_token", "credentials.conf", "registration_url", "machine.json"})
    EXPECT_EQ(mode(state(name)), 0600U) << name;
  EXPECT_THAT(files(),
              UnorderedElementsAre("rancher/state/.registration_token", "rancher/state/credentials.conf",
                                   "rancher/state/registration_url", "rancher/state/machine.json"));
}

TEST_F(Command, P27_an_agent_conf_that_is_none_is_warned_of_and_refused_where_it_would_be_written) {
  accept_registration(server_);
  std::filesystem::create_directories(lib_ / "rancher/etc/agent.conf");
  variables_["CATTLE_HOST_LABELS"] = "a=b";
  const auto refused = run_register();
  EXPECT_EQ(refused.code, static_cast<int>(Outcome::state)) << refused.output;
  EXPECT_THAT(refused.errors, HasSubstr("agent.conf: it is a directory"));
  EXPECT_THAT(server_.requests("/register"), IsEmpty()) << "the server was not asked";
  variables_.erase("CATTLE_HOST_LABELS");
  const auto taken = run_register();
  EXPECT_EQ(taken.code, 0) << taken.errors;
  EXPECT_THAT(taken.output, HasSubstr("WARN: /var/lib/rancher/etc/agent.conf is a directory"));
}

TEST_F(Command, S15_P18_the_platform_names_count_and_given_keys_skip_the_registration) {
  accept_registration(server_);
  variables_["CATTLE_ACCESS_KEY"] = "OLD";
  variables_["PLATFORM_ACCESS_KEY"] = "GIVEN";
  variables_["PLATFORM_SECRET_KEY"] = "given-secret";
  variables_["PLATFORM_HOST_LABELS"] = "a=b";
  const auto result = run_register();
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(server_.requests("/register"), IsEmpty());
  EXPECT_THAT(content(state("credentials.conf")),
              AllOf(HasSubstr("CATTLE_ACCESS_KEY='GIVEN'"), HasSubstr("CATTLE_SECRET_KEY='given-secret'")));
  EXPECT_EQ(content(lib_ / "rancher/etc/agent.conf"), "export CATTLE_HOST_LABELS='a=b'\n");
  variables_["PLATFORM_AGENT_IP"] = "127.0.0.5";
  EXPECT_EQ(run_register().code, 10);
}

TEST_F(Command, every_failure_has_its_exit_code) {
  EXPECT_EQ(run({"register"}).code, 64);
  EXPECT_EQ(run({"register", "not a url"}).code, 64);
  EXPECT_EQ(run({"register", server_.url("/v1/scripts/x", "localhost")}).code, 11);
  variables_["CATTLE_AGENT_IP"] = "127.0.0.1";
  const auto address = run_register();
  EXPECT_EQ(address.code, 10);
  EXPECT_THAT(address.errors, HasSubstr("Invalid CATTLE_AGENT_IP (127.0.0.1)"));
  variables_["CATTLE_AGENT_IP"] = "169.254.3.3";
  EXPECT_EQ(run_register().code, 10);
  variables_.erase("CATTLE_AGENT_IP");
  EXPECT_THAT(server_.requests(), IsEmpty()) << "all of these are seen before anybody is asked";
  EXPECT_THAT(files(), IsEmpty()) << "and before anything is written";

  server_.answer(kToken, {404, R"({"type":"error","status":404})"}, 1);
  EXPECT_EQ(run_register().code, 15);
  server_.answer(kToken, {200, "<html>"}, 1);
  EXPECT_EQ(run_register().code, 13);
  server_.answer(kToken, {200, script_for("http://elsewhere.example/v1")}, 1);
  EXPECT_EQ(run_register().code, 14);
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", records({{{"state", "error"}, {"transitioning", "error"}}}));
  EXPECT_EQ(run_register().code, 16);
  std::ofstream(state(".registration_token")) << std::string(64, '\0');
  const auto damaged = run_register();
  EXPECT_EQ(damaged.code, 20);
  EXPECT_THAT(damaged.errors, HasSubstr(".registration_token is damaged"));
}

TEST_F(Command, P09_an_address_that_containers_made_is_refused) {
  on_host_ = [] {
    return ::unshare(CLONE_NEWNET) == 0 &&
           std::system(
               "ip link set lo up && ip link add docker0 type bridge && "  // NOLINT(concurrency-mt-unsafe)
               "ip link set docker0 up && ip addr add 172.17.0.1/16 dev docker0") == 0;
  };
  variables_["CATTLE_AGENT_IP"] = "172.17.0.1";
  const auto result = run_register();
  EXPECT_EQ(result.code, 10);
  EXPECT_THAT(result.errors, HasSubstr("Invalid CATTLE_AGENT_IP (172.17.0.1): it is an address of docker0"));
}

TEST_F(Command, no_metacharacter_makes_a_file_or_runs_a_command) {
  const std::string trap = "$(touch own1)`touch own2`;touch own3|touch own4&touch own5>own6\"'\\ #";
  accept_registration(server_);
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost), trap)});
  server_.answer("/register",
                 records({active_record("k$(touch own7)`touch own8`;\"", "s;touch own9 & $IFS")}));
  variables_["CATTLE_HOST_LABELS"] = "a=" + trap;
  variables_["CATTLE_SCHEDULER_IPS"] = trap;
  const auto result = run_register();
  EXPECT_EQ(result.code, 0) << result.errors;
  for (const auto* value : {"127.0.0.2;touch own10", "if:$(touch own11)x", "`touch own12`"}) {
    variables_["CATTLE_AGENT_IP"] = value;
    (void)run_register();
  }
  variables_.erase("CATTLE_AGENT_IP");
  for (const auto* hostile : {"$(touch own13)", "http://server.localhost:1/v1/scripts/`touch own14`"})
    EXPECT_NE(run({"register", hostile}).code, 0);
  for (const auto& file : files()) EXPECT_THAT(file, Not(HasSubstr("own"))) << file;

  // The stock image sources this file: the same value, and nothing run.
  const auto option_file = lib_ / "rancher/etc/agent.conf";
  const auto script = "cd " + lib_.string() + " && . " + option_file.string() +
                      " && printf %s \"$CATTLE_SCHEDULER_IPS\" > " + (directory_ / "sourced").string();
  ASSERT_EQ(std::system(script.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(content(directory_ / "sourced"), trap);
  for (const auto& file : files()) EXPECT_THAT(file, Not(HasSubstr("own"))) << file;
}

TEST_F(Command, S21_R11_registering_takes_over_from_an_agent_container) {
  accept_registration(server_);
  engine_.add_image("rancher/agent:v1.2.11");
  const json body{{"Image", "rancher/agent:v1.2.11"}};
  for (const auto* name : {"rancher-agent", "pasturestack-node-agent", "rancher-agent-upgrade",
                           "pasturestack-node-agent-upgrade"})
    engine_.add_container(name, body);
  engine_.add_container("somebody-elses", body);
  const auto result = run_register();
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(engine_.container_ids().size(), 1U);
  EXPECT_TRUE(engine_.is_running("somebody-elses"));
}

TEST_F(Command, R11_nobody_runs_beside_an_agent_container) {
  accept_registration(server_);
  EXPECT_EQ(run_register().code, 0);
  engine_.add_image("rancher/agent:v1.2.11");
  engine_.add_container("rancher-agent", {{"Image", "rancher/agent:v1.2.11"}});
  engine_.add_container("my-rancher-agent-2", {{"Image", "rancher/agent:v1.2.11"}});
  for (const auto& words : {std::vector<std::string>{"run", "--service"}, {"run"}}) {
    const auto result = run(words);
    EXPECT_EQ(result.code, 6) << result.output << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("container rancher-agent runs on this host already"));
  }
  EXPECT_THAT(server_.requests("/subscribe"), IsEmpty());
}

}  // namespace
}  // namespace cattle::agent
