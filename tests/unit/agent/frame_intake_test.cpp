// SPDX-License-Identifier: Apache-2.0
#include "agent/frame_intake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Keeps the ids of what is accepted, and holds the events that it is told to hold.
class Accepted {
 public:
  void take(const subscriber::Event& event) {
    std::unique_lock lock(mutex_);
    entered_.push_back(event.id);
    threads_.push_back(std::this_thread::get_id());
    changed_.notify_all();
    changed_.wait_for(lock, 20s, [&] { return event.id != held_; });
    ids_.push_back(event.id);
    changed_.notify_all();
  }
  void hold(const std::string& id) {
    const std::lock_guard lock(mutex_);
    held_ = id;
  }
  void release() { hold(""), changed_.notify_all(); }
  [[nodiscard]] bool wait_entered(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return entered_.size() >= count; });
  }
  [[nodiscard]] bool wait_accepted(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return ids_.size() >= count; });
  }
  [[nodiscard]] std::vector<std::string> ids() const {
    const std::lock_guard lock(mutex_);
    return ids_;
  }
  [[nodiscard]] std::vector<std::thread::id> threads() const {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string held_;
  std::vector<std::string> entered_;
  std::vector<std::string> ids_;
  std::vector<std::thread::id> threads_;
};

std::string frame(const std::string& name, const std::string& id, std::size_t padding = 0) {
  return R"({"name":")" + name + R"(","id":")" + id + R"(","replyTo":"reply.1","data":{"x":")" +
         std::string(padding, 'x') + R"("}})";
}

class FrameIntakeTest : public testing::Test {
 public:
  FrameIntakeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "intXXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    LogOptions options;
    options.file = (directory_ / "agent.log").string();
    options.to_stdout = false;
    log_ = std::make_unique<AgentLog>(options);
  }
  ~FrameIntakeTest() override {
    log_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::unique_ptr<FrameIntake> intake(IntakeOptions options) {
    return std::make_unique<FrameIntake>(
        options, [this](const subscriber::Event& event) { accepted_.take(event); },
        [](const subscriber::Event& event) { return event.name == "ordered"; }, *log_);
  }
  void take(FrameIntake& intake, const std::string& text) { intake.take(text, Clock::now()); }
  std::string log() {
    log_->flush();
    std::ifstream in(directory_ / "agent.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path directory_;
  std::unique_ptr<AgentLog> log_;
  Accepted accepted_;
};

TEST_F(FrameIntakeTest, small_frames_are_decoded_at_once_and_large_ones_by_a_thread_of_their_own) {
  const auto in = intake({.at_once = 500});
  take(*in, frame("ordered", "small"));
  EXPECT_THAT(accepted_.ids(), ElementsAre("small"));
  take(*in, frame("ordered", "large", 1'000));
  ASSERT_TRUE(accepted_.wait_accepted(2));
  EXPECT_THAT(accepted_.ids(), ElementsAre("small", "large"));
  EXPECT_EQ(accepted_.threads()[0], std::this_thread::get_id());
  EXPECT_NE(accepted_.threads()[1], std::this_thread::get_id());
}

TEST_F(FrameIntakeTest, nothing_that_has_an_order_overtakes_a_large_frame_and_the_rest_does) {
  accepted_.hold("large");
  const auto in = intake({.at_once = 500});
  take(*in, frame("ordered", "large", 1'000));
  ASSERT_TRUE(accepted_.wait_entered(1));
  take(*in, frame("ordered", "second"));
  take(*in, frame("ping", "ping"));
  take(*in, frame("ordered", "third", 1'000));
  take(*in, frame("ordered", "fourth"));
  EXPECT_THAT(accepted_.ids(), ElementsAre("ping"));
  accepted_.release();
  ASSERT_TRUE(accepted_.wait_accepted(5));
  EXPECT_THAT(accepted_.ids(), ElementsAre("ping", "large", "second", "third", "fourth"));
}

TEST_F(FrameIntakeTest, what_is_no_event_is_dropped_by_size_and_cause) {
  const auto in = intake({.at_once = 500});
  take(*in, "secret-text");
  take(*in, std::string(1'000, '['));
  take(*in, frame("ordered", "last", 1'000));
  ASSERT_TRUE(accepted_.wait_accepted(1));
  const auto lines = log();
  EXPECT_THAT(lines, HasSubstr("a frame of 11 bytes is dropped: not JSON"));
  EXPECT_THAT(lines, HasSubstr("a frame of 1000 bytes is dropped: nested too deeply"));
  EXPECT_THAT(lines, testing::Not(HasSubstr("secret")));
}

TEST_F(FrameIntakeTest, what_waits_is_bounded_by_bytes_and_by_number) {
  accepted_.hold("large");
  const auto in = intake({.at_once = 500, .waiting = 3'000, .behind = 2});
  take(*in, frame("ordered", "large", 1'000));
  ASSERT_TRUE(accepted_.wait_entered(1));
  take(*in, frame("ordered", "too-large", 2'500));
  take(*in, frame("ordered", "a"));
  take(*in, frame("ordered", "b"));
  take(*in, frame("ordered", "c"));
  EXPECT_THAT(log(), HasSubstr("bytes is dropped: too much waits to be decoded"));
  EXPECT_THAT(log(), HasSubstr("bytes is dropped: too many frames wait to be decoded"));
  accepted_.release();
  ASSERT_TRUE(accepted_.wait_accepted(3));
  EXPECT_THAT(accepted_.ids(), ElementsAre("large", "a", "b"));
}

TEST_F(FrameIntakeTest, stop_drops_what_waits) {
  accepted_.hold("large");
  const auto in = intake({.at_once = 500});
  take(*in, frame("ordered", "large", 1'000));
  ASSERT_TRUE(accepted_.wait_entered(1));
  take(*in, frame("ordered", "second"));
  std::jthread stopping([&] { in->stop(); });
  accepted_.release();
  stopping.join();
  take(*in, frame("ordered", "after", 1'000));
  EXPECT_THAT(log(), HasSubstr("too many frames wait"));
  for (const auto& id : accepted_.ids()) EXPECT_NE(id, "after");
}

}  // namespace
}  // namespace cattle::agent
