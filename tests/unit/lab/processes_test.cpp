// SPDX-License-Identifier: Apache-2.0
#include "lab/processes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class ProcessPool : public ::testing::Test {
 protected:
  ProcessPool() { settings_ = faster(settings_, 1'000); }
  void run() { io_.run_for(20s); }

  asio::io_context io_;
  Settings settings_;
  Ids ids_{1};
  Processes processes_{io_, settings_, ids_};
};

TEST_F(ProcessPool, the_retry_wait_is_the_servers) {
  settings_ = Settings{};
  EXPECT_EQ(processes_.retry_wait(1), 2'100ms);
  EXPECT_EQ(processes_.retry_wait(2), 2'200ms);
  EXPECT_EQ(processes_.retry_wait(5), 3'600ms);
  EXPECT_EQ(processes_.retry_wait(11), 104'400ms);
  EXPECT_EQ(processes_.retry_wait(12), 120'000ms);
  EXPECT_EQ(processes_.retry_wait(18), 120'000ms);
  EXPECT_EQ(processes_.retry_wait(1'000), 120'000ms);
}

TEST_F(ProcessPool, time_outs_and_failures_are_retried_until_success) {
  int runs = 0;
  const auto process = processes_.schedule("p", "instance", 1, [&runs](Process&) -> asio::awaitable<void> {
    ++runs;
    if (runs == 1) throw AttemptTimeout("late");
    if (runs == 2) throw AttemptFailed("bad");
    co_return;
  });
  run();
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(process->attempts, 3);
  EXPECT_EQ(process->state, ProcessState::done);
  EXPECT_EQ(process->message, "");
}

TEST_F(ProcessPool, given_up_ends_it_with_its_message) {
  const auto process = processes_.schedule("p", "instance", 1, [](Process&) -> asio::awaitable<void> {
    throw GivenUp("no such image");
    co_return;
  });
  run();
  EXPECT_EQ(process->state, ProcessState::failed);
  EXPECT_EQ(process->message, "no such image");
  EXPECT_EQ(process->attempts, 1);
}

TEST_F(ProcessPool, one_process_a_resource_at_a_time) {
  settings_.lock_wait = 5s;
  int inside = 0;
  int most = 0;
  const auto body = [&](Process&) -> asio::awaitable<void> {
    most = std::max(most, ++inside);
    asio::steady_timer timer(io_, 5ms);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    --inside;
  };
  for (int i = 0; i < 5; ++i) processes_.schedule("same", "instance", 1, body);
  run();
  EXPECT_EQ(most, 1);
  for (const auto& process : processes_.all()) EXPECT_EQ(process->state, ProcessState::done);
}

TEST_F(ProcessPool, different_resources_run_side_by_side) {
  int inside = 0;
  int most = 0;
  const auto body = [&](Process&) -> asio::awaitable<void> {
    most = std::max(most, ++inside);
    asio::steady_timer timer(io_, 5ms);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    --inside;
  };
  for (int i = 0; i < 5; ++i) processes_.schedule("other", "instance", i, body);
  run();
  EXPECT_EQ(most, 5);
}

TEST_F(ProcessPool, one_that_waits_for_its_retry_ends_when_cancelled) {
  settings_.retry_base = 10s;
  std::shared_ptr<Process> process;
  processes_.on_change = [&] {
    if (process && process->state == ProcessState::waiting)
      asio::post(io_, [this] { processes_.cancel("instance", 1); });
  };
  process = processes_.schedule("p", "instance", 1, [](Process&) -> asio::awaitable<void> {
    throw AttemptTimeout("late");
    co_return;
  });
  const auto began = std::chrono::steady_clock::now();
  run();
  EXPECT_EQ(process->state, ProcessState::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

}  // namespace
}  // namespace cattle::lab
