// SPDX-License-Identifier: Apache-2.0
#include "agent/event_log.hpp"
#include "agent/log.hpp"
#include "agent/outage_log.hpp"
#include "agent/worker_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <latch>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

bool soon(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

TEST(WorkerPool, grows_when_work_waits_and_shrinks_to_nothing) {
  std::latch all_at_once(4);
  std::promise<void> ran;
  WorkerPool pool({4, 100, 20ms});  // Ends before what its jobs use.
  EXPECT_EQ(pool.threads(), 0U);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(pool.submit([&](const std::stop_token&) { all_at_once.arrive_and_wait(); }));
  }
  all_at_once.wait();
  EXPECT_LE(pool.threads(), 4U);
  EXPECT_TRUE(soon([&] { return pool.threads() == 0; }));
  EXPECT_TRUE(pool.submit([&](const std::stop_token&) { ran.set_value(); }));
  EXPECT_EQ(ran.get_future().wait_for(10s), std::future_status::ready);
}

TEST(WorkerPool, refuses_what_is_too_much) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> running;
  WorkerPool pool({1, 2, 1s});
  EXPECT_TRUE(pool.submit([&](const std::stop_token&) {
    running.set_value();
    released.wait();
  }));
  running.get_future().wait();
  EXPECT_TRUE(pool.submit([](const std::stop_token&) {}));
  EXPECT_TRUE(pool.submit([](const std::stop_token&) {}));
  EXPECT_FALSE(pool.submit([](const std::stop_token&) {}));
  release.set_value();
}

TEST(WorkerPool, stop_asks_running_jobs_to_end_and_calls_the_waiting_ones_stopped) {
  std::promise<void> running;
  std::atomic<bool> waiting_saw_stop{false};
  WorkerPool pool({1, 10, 1s});
  EXPECT_TRUE(pool.submit([&](const std::stop_token& stop) {
    running.set_value();
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
  }));
  running.get_future().wait();
  EXPECT_TRUE(pool.submit([&](const std::stop_token& stop) { waiting_saw_stop = stop.stop_requested(); }));
  pool.stop();
  EXPECT_TRUE(waiting_saw_stop);
  EXPECT_EQ(pool.threads(), 0U);
  EXPECT_FALSE(pool.submit([](const std::stop_token&) {}));
}

TEST(WorkerPool, a_thread_that_has_settled_says_so_once_and_goes_on_to_wait) {
  std::atomic<int> settled{0};
  std::promise<void> ran;
  WorkerPool pool({1, 10, 10s, 20ms}, [&] { ++settled; });
  EXPECT_TRUE(pool.submit([](const std::stop_token&) {}));
  EXPECT_TRUE(soon([&] { return settled == 1; }));
  EXPECT_EQ(pool.threads(), 1U);
  EXPECT_TRUE(pool.submit([&](const std::stop_token&) { ran.set_value(); }));
  EXPECT_EQ(ran.get_future().wait_for(10s), std::future_status::ready);
  EXPECT_TRUE(soon([&] { return settled == 2; }));
  EXPECT_EQ(pool.threads(), 1U);
}

class LogTest : public testing::Test {
 public:
  LogTest() {
    std::string pattern = (fs::temp_directory_path() / "logXXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    options_.file = (directory_ / "sub/agent.log").string();
    options_.to_stdout = false;
  }
  ~LogTest() override { fs::remove_all(directory_); }
  [[nodiscard]] std::string content() const {
    std::ifstream in(options_.file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] static subscriber::Event event() {
    return subscriber::decode_event(
        R"({"id":"e-1","name":"compute.instance.activate","replyTo":"reply.1","resourceType":"instanceHostMap",
            "resourceId":"1ihm3","context":{"prettyProcess":"instance.start->x","processId":"1594",
            "prettyResource":"instance:106"},
            "data":{"instance":{"data":{"fields":{"environment":{"PW":"planted-value","N":"12345"}}},
                    "image":{"registryCredential":{"secretValue":"planted-pw"}}}}})",
        std::chrono::steady_clock::now());
  }

  fs::path directory_;
  LogOptions options_;
};

TEST_F(LogTest, the_file_is_made_for_the_owner_and_its_group_and_has_debug_lines) {
  AgentLog log(options_);
  log.debug("engine: something");
  log.flush();
  EXPECT_THAT(content(), HasSubstr("debug engine: something\n"));
  struct stat status {};
  ASSERT_EQ(::stat(options_.file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U);
}

TEST_F(LogTest, repeated_lines_are_folded_with_a_count_that_is_not_lost) {
  {
    AgentLog log(options_);
    for (int i = 0; i < 5; ++i) log.warn("the same");
    log.warn("another");
    log.warn("another");
  }
  EXPECT_THAT(content(), HasSubstr("the line before was repeated 4 times"));
  EXPECT_THAT(content(), HasSubstr("the line before was repeated 1 times"));
  const auto text = content();
  EXPECT_EQ(text.find("the same"), text.rfind("the same"));
}

TEST_F(LogTest, files_are_rotated_by_size) {
  options_.rotate_at = 10'000;
  {
    AgentLog log(options_);
    for (int i = 0; i < 400; ++i) log.info("line " + std::to_string(i) + std::string(80, 'x'));
  }
  EXPECT_TRUE(fs::exists(directory_ / "sub/agent.1.log"));
  EXPECT_TRUE(fs::exists(directory_ / "sub/agent.2.log"));
  EXPECT_FALSE(fs::exists(directory_ / "sub/agent.3.log"));
  EXPECT_LE(fs::file_size(options_.file), 10'000U);
}

TEST_F(LogTest, a_file_that_cannot_be_opened_is_said_once_and_does_not_matter) {
  options_.file = "/proc/no/such/agent.log";
  options_.to_stdout = true;
  testing::internal::CaptureStdout();
  {
    AgentLog log(options_);
    log.info("still here");
  }
  const auto out = testing::internal::GetCapturedStdout();
  EXPECT_THAT(out, HasSubstr("agent.log can't be written"));
  EXPECT_THAT(out, HasSubstr("still here"));
}

TEST_F(LogTest, no_text_can_forge_a_line) {
  EXPECT_EQ(one_line("a\nb\x01\x7f"), "a\\nb\\x01\\x7f");
  EXPECT_EQ(one_line("abcdef", 3), "abc ...");
  EXPECT_EQ(one_line("grün"), "grün");
}

TEST_F(LogTest, E7_the_first_line_leads_back_to_the_servers_process) {
  AgentLog log(options_);
  const auto taken = event();
  EventLog(log, taken, {"instance:u", "container:0123456789abcdef0123"}, false).taken("");
  log.flush();
  EXPECT_THAT(content(), HasSubstr("event=e-1 container=0123456789ab taken: compute.instance.activate "
                                   "instanceHostMap:1ihm3 process=instance.start->x processId=1594 "
                                   "resource=instance:106"));
}

TEST_F(LogTest, H122_secrets_of_the_event_are_starred_wherever_they_turn_up) {
  AgentLog log(options_);
  const auto taken = event();
  EventLog lines(log, taken, {}, false);
  lines.warn("invalid environment variable: PW=planted-value, login with planted-pw failed, port 12345");
  log.flush();
  EXPECT_THAT(content(), HasSubstr("PW=***, login with *** failed, port 12345"));
}

TEST_F(LogTest, pings_show_only_where_debug_lines_are_wanted) {
  const auto taken = event();
  {
    AgentLog log(options_);
    EventLog lines(log, taken, {}, true);
    lines.taken("");
    lines.debug("quiet");
    lines.warn("loud");
  }
  EXPECT_THAT(content(), Not(HasSubstr("quiet")));
  EXPECT_THAT(content(), Not(HasSubstr("taken")));
  EXPECT_THAT(content(), HasSubstr("loud"));
  options_.debug = true;
  {
    AgentLog log(options_);
    EventLog(log, taken, {}, true).taken("");
  }
  EXPECT_THAT(content(), HasSubstr("debug event=e-1 taken"));
}

TEST_F(LogTest, an_outage_says_what_to_do_and_its_end_how_long_it_was) {
  AgentLog log(options_);
  OutageLog outages(log, "http://server/v1");
  subscriber::Outage outage;
  outage.step = subscriber::Step::upgrade;
  outage.trouble = subscriber::Trouble::bad_credentials;
  outage.status = 401;
  outage.detail = "HTTP/1.1 401 Unauthorized";
  outages.began(outage);
  outages.subscribed("");
  outage.trouble = subscriber::Trouble::agent_gone;
  outages.began(outage);
  outage.trouble = subscriber::Trouble::unreachable;
  outages.began(outage);
  outages.subscribed("v1.6.357");
  log.flush();
  EXPECT_THAT(content(),
              HasSubstr("does not accept the credentials (step upgrade): HTTP/1.1 401 Unauthorized"));
  EXPECT_THAT(content(), HasSubstr("no usable agent for this key"));
  EXPECT_THAT(content(), HasSubstr("can't be reached"));
  EXPECT_THAT(content(), HasSubstr("Credentials are no longer valid, please re-register this agent"))
      << "P44";
  EXPECT_THAT(content(), Not(HasSubstr("v1.6.357"))) << "S39: said once";
  EXPECT_THAT(content(), HasSubstr("subscribed to http://server/v1, after trying for "));
  EXPECT_THAT(content(), HasSubstr("subscribed to http://server/v1, was away for "));
}

}  // namespace
}  // namespace cattle::agent
