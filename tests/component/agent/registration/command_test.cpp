// SPDX-License-Identifier: Apache-2.0
// `cattle-agent register` and `uninstall` on a host of their own: /var/lib and /var/log belong to the test.
#include "agent/registration/share_mounts.hpp"
#include "tests/component/agent/registration/program.hpp"
#include "tests/component/agent/registration/registration_fixture.hpp"
#include "tests/support/fake_engine.hpp"

#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace cattle::agent {
namespace {

using namespace registration;
using nlohmann::json;
using support::FakeEngine;
using support::FakeServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class Command : public RegistrationTest {
 protected:
  void SetUp() override {
    if (!is_root()) GTEST_SKIP() << "a /var/lib of its own takes root";
    std::filesystem::create_directories(lib_);
    std::filesystem::create_directories(log_);
    variables_ = {{"DOCKER_HOST", engine_.docker_host()}, {"PATH", "/usr/bin:/bin"}};
  }
  ProgramRun run(const std::vector<std::string>& arguments) {
    return run_program(arguments, variables_, [this] {
      return own_mounts() && ::mount(lib_.c_str(), "/var/lib", nullptr, MS_BIND, nullptr) == 0 &&
             ::mount(log_.c_str(), "/var/log", nullptr, MS_BIND, nullptr) == 0 &&
             ::chdir(lib_.c_str()) == 0 && (!on_host_ || on_host_());
    });
  }
  ProgramRun run_register() { return run({"register", registration_url(server_)}); }
  /// `key`, as it is in its file.
  void key_is_sent_and_nothing_is_told(const std::string& key, const std::string& told) const {
    int posts = 0;
    for (const auto& call : server_.requests("/register")) {
      const auto sent = call.method == "POST" ? json::parse(call.body).at("key").get<std::string>()
                                              : call.values("key").at(0);
      EXPECT_EQ(sent + "\n", key);
      posts += call.method == "POST" ? 1 : 0;
    }
    EXPECT_EQ(posts, 1);
    for (const std::string& secret :
         {std::string(kToken), std::string("theSecretKeyOfTheAgent"), key.substr(0, 128)})
      EXPECT_THAT(told, Not(HasSubstr(secret)));
  }
  [[nodiscard]] std::filesystem::path state(const std::string& name) const {
    return lib_ / "rancher/state" / name;
  }
  static mode_t mode(const std::filesystem::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(lib_))
      if (!entry.is_directory()) found.push_back(std::filesystem::relative(entry.path(), lib_).string());
    return found;
  }

  const std::filesystem::path lib_ = directory_ / "lib";
  const std::filesystem::path log_ = directory_ / "log";
  FakeServer server_;
  FakeEngine engine_;
  std::map<std::string, std::string> variables_;
  std::function<bool()> on_host_;  ///< Before the program starts there.
};

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

TEST_F(Command, every_failure_has_its_exit_code) {
  EXPECT_EQ(run({"register"}).code, 64);
  EXPECT_EQ(run({"register", "not a url"}).code, 64);
  EXPECT_EQ(run({"register", server_.url("/v1/scripts/x", "localhost")}).code, 11);
  variables_["CATTLE_AGENT_IP"] = "127.0.0.1";
  const auto address = run_register();
  EXPECT_EQ(address.code, 10);
  EXPECT_THAT(address.errors, HasSubstr("Invalid CATTLE_AGENT_IP (127.0.0.1)"));
  variables_.erase("CATTLE_AGENT_IP");
  EXPECT_THAT(server_.requests(), IsEmpty()) << "all of these are seen before anybody is asked";

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

TEST_F(Command, uninstalling_leaves_nothing_of_ours_and_touches_nothing_else) {
  accept_registration(server_);
  variables_["CATTLE_HOST_LABELS"] = "a=b";
  EXPECT_EQ(run_register().code, 0);
  std::filesystem::create_directories(lib_ / "cattle/etc");
  std::filesystem::create_directories(lib_ / "rancher/volumes/keep");
  std::ofstream(lib_ / "cattle/etc/api.crt") << "x";
  std::ofstream(lib_ / "rancher/volumes/keep/data") << "a person's";
  engine_.add_image("box:1");
  const json agent{{"Image", "box:1"}, {"Labels", {{"io.rancher.container.system", "rancher-agent"}}}};
  engine_.add_container("rancher-agent", agent);
  engine_.add_container("web", {{"Image", "box:1"}});
  engine_.add_container("r-web-1", {{"Image", "box:1"}, {"Labels", {{"io.rancher.container.uuid", "u"}}}});
  for (const auto* name : {"rancher-cni", "rancher-agent-state", "data"}) engine_.add_volume(name);
  const auto before = files();

  const auto dry = run({"uninstall", "--dry-run", "--containers", "--state"});
  EXPECT_EQ(dry.code, 0) << dry.errors;
  EXPECT_THAT(dry.output,
              AllOf(HasSubstr("rancher-agent"), HasSubstr("r-web-1"), HasSubstr("credentials.conf"),
                    HasSubstr("volume rancher-cni"), Not(HasSubstr("volumes/keep"))));
  EXPECT_EQ(files(), before);
  EXPECT_EQ(engine_.container_ids().size(), 3U);

  const auto real = run({"uninstall", "--state"});
  EXPECT_EQ(real.code, 0) << real.errors;
  EXPECT_THAT(files(), UnorderedElementsAre("rancher/volumes/keep/data"));
  EXPECT_TRUE(engine_.has_container("web"));
  EXPECT_TRUE(engine_.has_container("r-web-1")) << "only with --containers";
  EXPECT_FALSE(engine_.has_container("rancher-agent"));
  EXPECT_TRUE(engine_.has_volume("data"));
  EXPECT_FALSE(engine_.has_volume("rancher-cni"));
  const auto again = run({"uninstall", "--containers", "--state"});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_FALSE(engine_.has_container("r-web-1"));
}

TEST_F(Command, uninstalling_leaves_what_an_operator_put_beside_ours) {
  accept_registration(server_);
  std::filesystem::create_directories(lib_ / "rancher/etc/ssl");
  std::filesystem::create_directories(lib_ / "kubelet");
  std::filesystem::create_directories(log_ / "rancher");
  std::ofstream(lib_ / "rancher/etc/agent.conf") << "# mine\nhttp_proxy=http://p:3128\n";
  std::ofstream(lib_ / "rancher/etc/ssl/ca.crt") << "an operator's";
  for (const auto* name : {"agent.log", "agent.1.log", "other.log", "agent.x.log"})
    std::ofstream(log_ / "rancher" / name) << "x";
  variables_["CATTLE_HOST_LABELS"] = "a=b";
  EXPECT_EQ(run_register().code, 0);
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(files(), UnorderedElementsAre("rancher/etc/agent.conf", "rancher/etc/ssl/ca.crt"));
  EXPECT_EQ(content(lib_ / "rancher/etc/agent.conf"), "# mine\nhttp_proxy=http://p:3128\n");
  EXPECT_TRUE(std::filesystem::exists(lib_ / "kubelet")) << "somebody else made it";
  EXPECT_FALSE(std::filesystem::exists(log_ / "rancher/agent.1.log"));
  EXPECT_TRUE(std::filesystem::exists(log_ / "rancher/agent.x.log"));
  EXPECT_TRUE(std::filesystem::exists(log_ / "rancher/other.log"));
}

TEST_F(Command, uninstalling_unmounts_and_removes_the_directory_that_sharing_made) {
  on_host_ = [] { return share_mounts(::getpid(), {"/var/lib/kubelet"}).empty(); };
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(lib_ / "kubelet")) << result.output;
  EXPECT_FALSE(std::filesystem::exists(lib_ / "rancher")) << "nor is the record left";
}

TEST_F(Command, uninstalling_keeps_volumes_that_are_in_use_or_hold_state) {
  for (const auto* name : {"rancher-cni", "rancher-agent-state"}) engine_.add_volume(name);
  engine_.inject({.method = "DELETE", .path_contains = "/volumes/rancher-cni", .status = 409});
  const auto result = run({"uninstall"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("volume rancher-cni is kept, in use"));
  EXPECT_TRUE(engine_.has_volume("rancher-agent-state")) << "only with --state";
  EXPECT_EQ(run({"uninstall", "--state"}).code, 0);
  EXPECT_FALSE(engine_.has_volume("rancher-agent-state"));
}

}  // namespace
}  // namespace cattle::agent
