// SPDX-License-Identifier: Apache-2.0
// How the program starts, and what it lives through.
#include "tests/component/agent/process_fixture.hpp"
#include "tests/support/notify_socket.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <utility>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST_F(ProcessTest, a_missing_credential_ends_it_with_the_variables_name) {
  variables_.erase("CATTLE_SECRET_KEY");
  run({"run"});
  EXPECT_EQ(exit_code(), exit_code::kConfiguration);
  EXPECT_THAT(output(), HasSubstr("CATTLE_SECRET_KEY"));
}

TEST_F(ProcessTest, a_proxy_of_another_kind_counts_only_where_it_is_used) {
  variables_["http_proxy"] = "socks5://user:p4ssw0rd@h:1080";
  run({"run"});
  EXPECT_EQ(exit_code(), exit_code::kConfiguration);
  EXPECT_THAT(output(), testing::AllOf(HasSubstr("http_proxy"), testing::Not(HasSubstr("p4ssw0rd"))));
  variables_["no_proxy"] = "127.0.0.1";
  run_subscribed();
  EXPECT_TRUE(alive());
}

TEST_F(ProcessTest, an_address_that_is_none_ends_it_with_the_variables_name) {
  struct Case {
    const char* name;
    const char* value;
  };
  for (const auto& [name, value] : {Case{"CATTLE_URL", "http://h:99999/v1"},
                                    Case{"CATTLE_URL", "http://a b/v1"}, Case{"DOCKER_HOST", "foo://x"},
                                    Case{"DOCKER_HOST", "tcp://h:99999"}, Case{"DOCKER_HOST", "tcp://"}}) {
    const auto good = std::exchange(variables_[name], value);
    run({"run"});
    EXPECT_EQ(exit_code(), exit_code::kConfiguration) << value;
    EXPECT_THAT(output(), testing::AllOf(HasSubstr(name), HasSubstr(value)));
    variables_[name] = good;
  }
}

TEST_F(ProcessTest, version_help_and_wrong_usage) {
  run({"version"});
  EXPECT_EQ(exit_code(), exit_code::kSuccess);
  EXPECT_FALSE(output().empty());
  run({"--help"});
  EXPECT_EQ(exit_code(), exit_code::kSuccess);
  EXPECT_THAT(output(), HasSubstr("Exit codes"));
  run({"run", "--secret-key", "x"});
  EXPECT_EQ(exit_code(), exit_code::kUsage) << "a secret has no place on a command line";
}

TEST_F(ProcessTest, explain_says_what_it_looked_for_when_the_log_knows_nothing_of_it) {
  std::ofstream(options_.log.file) << "2026-11-24T23:31:22.123+00:00 info  event=a1 taken: ping\n";
  run({"explain", "web-1"});
  EXPECT_EQ(exit_code(), exit_code::kNotFound);
  EXPECT_THAT(output(), testing::AllOf(HasSubstr(options_.log.file), HasSubstr("no container \"web-1\""),
                                       HasSubstr("a container's id or name, or an instance's uuid")));
  run({"explain", "a1"});
  EXPECT_EQ(exit_code(), exit_code::kSuccess);
  EXPECT_THAT(output(), HasSubstr("taken: ping"));
}

TEST_F(ProcessTest, S15_the_platform_name_of_the_url_wins_and_the_agent_id_is_sent) {
  variables_["PLATFORM_URL"] = server_.url();
  variables_["CATTLE_URL"] = "http://127.0.0.1:9/v1";
  run({"run", "--agent-id", "5"});
  ASSERT_TRUE(server_.wait_subscribed(1, 20s)) << output();
  EXPECT_THAT(server_.requests("/subscribe").at(0).target, HasSubstr("agentId=5"));
}

TEST_F(ProcessTest, S56_P46_a_stub_resolver_does_not_keep_it_from_starting) {
  if (::geteuid() != 0) GTEST_SKIP() << "another /etc/resolv.conf takes root";
  const auto stub = (directory_ / "resolv.conf").string();
  std::ofstream(stub) << "nameserver 127.0.0.53\nnameserver ::1\n";
  in_child_ = [stub] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(stub.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0)
      ::_exit(127);
  };
  run_subscribed();
  EXPECT_TRUE(alive());
}

TEST_F(ProcessTest, a_copied_machine_that_registers_anew_feeds_the_watchdog_and_hears_signals) {
  std::filesystem::create_directories(directory_ / "clone-of");
  std::ofstream(directory_ / "clone-of/access_key") << "key\n";
  std::ofstream(directory_ / "registration_url") << server_.url("/v1/scripts/token", "server.localhost");
  server_.answer("/scripts/token", {503, "starting"});
  const support::NotifySocket systemd((directory_ / "notify").string());
  variables_["NOTIFY_SOCKET"] = (directory_ / "notify").string();
  variables_["WATCHDOG_USEC"] = "30000000";
  variables_["CATTLE_STATE_DIR"] = directory_.string();
  run({"run"});
  ASSERT_TRUE(server_.wait_requests("/scripts/token", 2)) << output();
  EXPECT_GE(systemd.received("WATCHDOG=1"), 2);
  const auto told = std::chrono::steady_clock::now();
  ::kill(child_, SIGTERM);
  EXPECT_EQ(exit_code(), exit_code::kSuccess) << output();
  EXPECT_LT(std::chrono::steady_clock::now() - told, 5s) << "not the ten minutes that it waits for a server";
  EXPECT_EQ(server_.subscribed(), 0U) << "never with the keys that it came with";
}

TEST_F(ProcessTest, H120_the_identity_is_the_same_after_a_restart) {
  const auto uuid_in = [](const nlohmann::json& reply) {
    for (const auto& resource : reply.at("data").at("resources")) {
      if (resource.value("type", "") == "host") return resource.at("uuid").get<std::string>();
    }
    return std::string();
  };
  std::string first;
  for (const char* id : {"p1", "p2"}) {
    const auto before = server_.subscribed();
    run({"run"});
    ASSERT_TRUE(server_.wait_subscribed(before + 1, 20s)) << output();
    server_.send(ping_event(id, {{"resources", true}}));
    const auto reply = server_.wait_reply(id);
    ASSERT_TRUE(reply);
    if (first.empty()) first = uuid_in(*reply);
    EXPECT_EQ(uuid_in(*reply), first);
    ::kill(child_, SIGTERM);
    EXPECT_EQ(exit_code(), exit_code::kSuccess);
  }
  EXPECT_FALSE(first.empty());
}

TEST_F(ProcessTest, one_process_survives_cuts_refusals_garbage_and_an_engine_that_goes) {
  run_subscribed();
  server_.send(std::string("{\"broken\""));
  server_.send_raw("\x0f\xff garbage behind the protocol's back");
  ASSERT_TRUE(server_.wait_subscribed(2, 20s));
  for (const int status : {500, 502}) server_.answer("/subscribe", {status, "no"}, 1);
  server_.cut();
  ASSERT_TRUE(server_.wait_subscribed(3, 30s));
  engine_.stop();
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  const auto failed = server_.wait_reply("a1");
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->value("transitioning", ""), "error");
  engine_.start();
  server_.send(activate_event("a2", "u-1", "local/box:1"));
  const auto worked = server_.wait_reply("a2");
  ASSERT_TRUE(worked);
  EXPECT_FALSE(worked->contains("transitioning")) << worked->dump();
  EXPECT_TRUE(alive());
}

TEST_F(ProcessTest, H122_P53_the_secret_key_is_in_no_output) {
  variables_["CATTLE_SECRET_KEY"] = "planted-secret-key";
  variables_["RANCHER_DEBUG"] = "1";
  run({"run"});
  ASSERT_TRUE(server_.wait_requests("/subscribe", 1, 20s));
  ASSERT_TRUE(soon([&] { return output().find("does not accept the credentials") != std::string::npos; }))
      << output();
  EXPECT_THAT(output(), Not(HasSubstr("planted-secret-key")));
  std::ifstream in(options_.log.file);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(whole, HasSubstr("does not accept the credentials"));
  EXPECT_THAT(whole, Not(HasSubstr("planted-secret-key")));
}

}  // namespace
}  // namespace cattle::agent
