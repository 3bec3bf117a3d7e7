// SPDX-License-Identifier: Apache-2.0
// Child processes with real programs, and the cloud's metadata service by a local server.
#include "handlers/errors.hpp"
#include "handlers/host/child_process.hpp"
#include "handlers/host/cloud_provider.hpp"
#include "handlers/host/host_labels.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

ChildCommand shell(const std::string& script) {
  ChildCommand command;
  command.argv = {"/bin/sh", "-c", script};
  command.environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};
  return command;
}

ChildResult run(const ChildCommand& command, std::chrono::milliseconds limit = 20s) {
  return run_child(command, Clock::now() + limit, {});
}

TEST(ChildProcess, gives_both_outputs_and_the_exit_code) {
  const auto result = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(result.end, ChildResult::End::exited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_output, "err\n");
}

TEST(ChildProcess, merges_outputs_in_the_order_written) {
  auto command = shell("echo a; echo b >&2; echo c");
  command.merge_outputs = true;
  EXPECT_EQ(run(command).output, "a\nb\nc\n");
}

TEST(ChildProcess, has_only_the_environment_input_and_descriptors_that_it_was_given) {
  ASSERT_EQ(::setenv("PLANTED_SECRET", "x", 1), 0);
  auto command = shell("cat; echo $GREETING $PLANTED_SECRET; ls /proc/self/fd | wc -l");
  command.input = "from stdin\n";
  const auto result = run(command);
  EXPECT_EQ(result.output, "from stdin\nhello\n4\n");  // three, and the one that ls reads the directory by
}

/// As the agent sets its own (agent/signals.cpp), for the time of a test.
class SignalsOfTheAgent {
 public:
  SignalsOfTheAgent() : pipe_(std::signal(SIGPIPE, SIG_IGN)) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~SignalsOfTheAgent() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    std::signal(SIGPIPE, pipe_);
  }
  SignalsOfTheAgent(const SignalsOfTheAgent&) = delete;
  SignalsOfTheAgent& operator=(const SignalsOfTheAgent&) = delete;

 private:
  sigset_t before_{};
  void (*pipe_)(int);
};

TEST(ChildProcess, can_be_ended_by_the_signals_that_the_agent_keeps_for_itself) {
  const SignalsOfTheAgent signals;
  EXPECT_EQ(run(shell("kill -TERM $$; echo alive")).exit_code, 128 + SIGTERM);
  EXPECT_EQ(run(shell("kill -INT $$; echo alive")).exit_code, 128 + SIGINT);
  EXPECT_EQ(run(shell("kill -PIPE $$; echo alive")).exit_code, 128 + SIGPIPE);
}

TEST(ChildProcess, arguments_are_no_shell_text) {
  ChildCommand command;
  command.argv = {"echo", "$(id)", "; ls"};
  EXPECT_EQ(run(command).output, "$(id) ; ls\n");
}

TEST(ChildProcess, is_killed_with_its_children_at_the_deadline) {
  const auto began = Clock::now();
  const auto result = run(shell("sleep 60 & echo $!; wait"), 300ms);
  EXPECT_EQ(result.end, ChildResult::End::deadline);
  EXPECT_EQ(result.exit_code, 128 + 9);
  EXPECT_LT(Clock::now() - began, 10s);
  const auto path = "/proc/" + result.output.substr(0, result.output.find('\n')) + "/cmdline";
  const auto alive = [&path] {
    char byte = 0;
    FILE* file = std::fopen(path.c_str(), "re");
    const bool running = file != nullptr && std::fread(&byte, 1, 1, file) == 1;  // a zombie's is empty
    if (file != nullptr) std::fclose(file);
    return running;
  };
  const auto end = Clock::now() + 10s;
  while (alive() && Clock::now() < end) std::this_thread::yield();
  EXPECT_FALSE(alive());
}

TEST(ChildProcess, ends_when_it_is_asked_to_stop) {
  std::stop_source source;
  const std::jthread stopper([&source] { source.request_stop(); });
  EXPECT_EQ(run_child(shell("sleep 60"), Clock::now() + 30s, source.get_token()).end,
            ChildResult::End::stopped);
}

TEST(ChildProcess, keeps_a_bounded_part_of_much_output) {
  auto command = shell("head -c 3000000 /dev/zero");
  command.output_limit = 1000;
  const auto result = run(command);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output.size(), 1000U);
}

TEST(ChildProcess, does_not_wait_for_what_it_left_behind) {
  const auto began = Clock::now();
  const auto result = run(shell("sleep 3 & echo done"));
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(Clock::now() - began, 2500ms);
}

TEST(ChildProcess, a_program_that_is_not_there_is_an_error) {
  EXPECT_THROW(
      static_cast<void>(run({.argv = {"/no/such/program"}, .environment = {}, .directory = {}, .input = {}})),
      OperationError);
  EXPECT_THROW(static_cast<void>(
                   run({.argv = {"no-such-program-here"}, .environment = {}, .directory = {}, .input = {}})),
               OperationError);
}

class CloudTest : public ::testing::Test {
 protected:
  CloudTest() : server_(open_server()) {}
  static support::FakeServerOptions open_server() {
    support::FakeServerOptions options;
    options.check_credentials = false;
    return options;
  }
  CloudProviderOptions options() const {
    CloudProviderOptions options;
    options.sys = directory_.path();
    options.file = directory_.path() + "/info.json";
    options.metadata_url = server_.url("");
    options.aliyun_metadata_url = server_.url("");
    options.interval = 5ms;
    options.attempts = 3;
    return options;
  }
  void vendor(const std::string& name) const { directory_.write("class/dmi/id/sys_vendor", name + "\n"); }
  static std::map<std::string, std::string> labels(const std::string& provider, const std::string& region,
                                                   const std::string& zone) {
    return {{"io.rancher.host.provider", provider},
            {"io.rancher.host.region", region},
            {"io.rancher.host.zone", zone}};
  }
  support::TempDir directory_;
  support::FakeServer server_;
};

TEST_F(CloudTest, without_a_local_hint_nothing_is_asked) {
  vendor("QEMU");
  CloudProvider provider(options());
  EXPECT_TRUE(provider.wait_until_done(0ms));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(CloudTest, aws_is_asked_with_a_token_and_tried_again) {
  vendor("Amazon EC2");
  server_.answer("/document", {.status = 500}, 1);
  server_.answer("/document", {.body = R"({"region":"eu-west-1","availabilityZone":"eu-west-1a"})"});
  server_.answer("/token", {.body = "TOKEN"});
  CloudProvider provider(options());
  ASSERT_TRUE(provider.wait_until_done(20s));
  EXPECT_EQ(read_cloud_labels(options().file), labels("aws", "eu-west-1", "eu-west-1a"));
  EXPECT_EQ(server_.requests().back().header("x-aws-ec2-metadata-token"), "TOKEN");
  const auto asked = server_.requests().size();
  CloudProvider next(options());
  EXPECT_TRUE(next.wait_until_done(0ms));
  EXPECT_EQ(server_.requests().size(), asked);
}

TEST_F(CloudTest, aliyun_and_other_clouds_are_told_by_their_firmware) {
  vendor("Alibaba Cloud");
  server_.answer("/zone-id", {.body = "cn-a"});
  server_.answer("/region-id", {.body = "cn"});
  {
    CloudProvider provider(options());
    ASSERT_TRUE(provider.wait_until_done(20s));
  }
  EXPECT_EQ(read_cloud_labels(options().file), labels("aliyun", "cn", "cn-a"));
  ASSERT_EQ(::unlink(options().file.c_str()), 0);
  vendor("OpenStack Foundation");
  server_.answer("/availability-zone", {.body = "nova"});
  CloudProvider provider(options());
  ASSERT_TRUE(provider.wait_until_done(20s));
  EXPECT_EQ(read_cloud_labels(options().file),
            (std::map<std::string, std::string>{{"io.rancher.host.provider", "openstack"},
                                                {"io.rancher.host.zone", "nova"}}));
}

TEST_F(CloudTest, a_silent_metadata_service_is_given_up_and_holds_nothing_up) {
  vendor("Amazon EC2");
  server_.answer("/token", {.kind = support::ServerAnswer::Kind::hang});
  server_.answer("/document", {.kind = support::ServerAnswer::Kind::hang});
  auto quick = options();
  quick.request_limit = 50ms;
  const auto began = Clock::now();
  {
    auto slow = options();
    slow.request_limit = 60s;
    const CloudProvider stopped_at_once(slow);
  }
  EXPECT_LT(Clock::now() - began, 10s);
  CloudProvider provider(quick);
  ASSERT_TRUE(provider.wait_until_done(20s));
  EXPECT_TRUE(read_cloud_labels(quick.file).empty());
}

}  // namespace
}  // namespace cattle::handlers
