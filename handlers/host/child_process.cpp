// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/child_process.hpp"

#include "handlers/errors.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/args.hpp>
#include <boost/process/async_pipe.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/group.hpp>
#include <boost/process/io.hpp>
#include <boost/process/search_path.hpp>
#include <boost/process/start_dir.hpp>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

namespace cattle::handlers {
namespace {

namespace asio = boost::asio;
namespace process = boost::process;

/// Collects one output, and goes on reading when enough was kept, so that the child is never blocked.
class Collector {
 public:
  Collector(asio::io_context& io, std::size_t limit) : pipe_(io), limit_(limit) {}

  [[nodiscard]] process::async_pipe& pipe() { return pipe_; }
  [[nodiscard]] bool ended() const { return ended_; }
  void end() { ended_ = true; }  ///< Nothing will come.
  [[nodiscard]] std::string take() { return std::move(text_); }

  void read() {
    pipe_.async_read_some(asio::buffer(buffer_),
                          [this](const boost::system::error_code& error, std::size_t size) {
                            if (text_.size() < limit_)
                              text_.append(buffer_.data(), std::min(size, limit_ - text_.size()));
                            if (error) {
                              ended_ = true;
                            } else {
                              read();
                            }
                          });
  }

 private:
  process::async_pipe pipe_;
  std::size_t limit_;
  std::array<char, 8192> buffer_{};
  std::string text_;
  bool ended_ = false;
};

process::environment environment_of(const std::map<std::string, std::string>& variables) {
  process::environment environment;
  for (const auto& [name, value] : variables) environment[name] = value;
  return environment;
}

std::string program_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  auto path = process::search_path(name).string();
  if (path.empty()) throw OperationError("can't run " + name + ": there is no such program on this host");
  return path;
}

/// Runs in the child, between fork and exec: none of the agent's sockets and files goes on into the program.
/// Marking instead of closing leaves Boost the pipe by which it reports a failing exec.
constexpr auto keep_own_descriptors = [](const auto& /*executor*/) {
  constexpr int kFirst = 3;
  constexpr int kMost = 4096;
  if (::close_range(kFirst, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  // Kernels before 5.11 don't know that.
  for (int number = kFirst; number < kMost; ++number) {
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0) ::fcntl(number, F_SETFD, flags | FD_CLOEXEC);
  }
};

/// Runs in the child as well. The agent takes its signals in one place, blocked everywhere else, and ignores
/// a reader's leaving; a program that inherits either can't be told to end, and writes on to nobody.
constexpr auto have_own_signals = [](const auto& /*executor*/) {
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
};

int exit_code_of(const process::child& child) {
  constexpr int kSignalBase = 128;
  const int status = child.native_exit_code();
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Everything that belongs to one run; its destructor leaves no process behind.
class Run {
 public:
  Run(const ChildCommand& command, const std::stop_token& stop)
      : stop_(stop),
        merged_(command.merge_outputs),
        input_(command.input),
        in_(io_),
        out_(io_, command.output_limit),
        error_(io_, command.output_limit) {
    std::error_code failure;
    child_ = command.merge_outputs
                 ? start(command, failure, (process::std_out & process::std_err) > out_.pipe())
                 : start(command, failure, process::std_out > out_.pipe(), process::std_err > error_.pipe());
    if (failure) throw OperationError("can't run " + command.argv.front() + ": " + failure.message());
  }

  ~Run() {
    if (!child_.valid()) return;
    std::error_code ignored;  // what has ended can't be killed
    if (child_.running(ignored)) group_.terminate(ignored);
    child_.wait(ignored);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  ChildResult finish(std::chrono::steady_clock::time_point deadline) {
    write_input();
    out_.read();
    if (merged_) {
      error_.end();
    } else {
      error_.read();
    }
    ChildResult result;
    std::error_code failure;
    while (child_.running(failure)) {
      if (stop_.stop_requested() || std::chrono::steady_clock::now() >= deadline) {
        result.end = stop_.stop_requested() ? ChildResult::End::stopped : ChildResult::End::deadline;
        group_.terminate(failure);
        break;
      }
      turn(kPoll);
    }
    child_.wait(failure);
    // What the child wrote before it ended is in the pipes; their other end may stay open in a child of its
    // own.
    const auto last = std::chrono::steady_clock::now() + kDrain;
    while (!(out_.ended() && error_.ended()) && std::chrono::steady_clock::now() < last) turn(kPoll);
    result.exit_code = exit_code_of(child_);
    result.output = out_.take();
    result.error_output = error_.take();
    return result;
  }

 private:
  template <typename... Outputs>
  process::child start(const ChildCommand& command, std::error_code& failure, Outputs&&... outputs) {
    const std::vector<std::string> arguments(command.argv.begin() + 1, command.argv.end());
    const std::string directory = command.directory.empty() ? "." : command.directory;
    return process::child(process::exe = program_path(command.argv.front()), process::args = arguments,
                          process::env = environment_of(command.environment), process::start_dir = directory,
                          process::std_in < in_, std::forward<Outputs>(outputs)..., group_,
                          process::extend::on_exec_setup = keep_own_descriptors,
                          process::extend::on_exec_setup = have_own_signals, failure);
  }

  static constexpr std::chrono::milliseconds kPoll{10};
  static constexpr std::chrono::milliseconds kDrain{200};

  void write_input() {
    asio::async_write(
        in_, asio::buffer(input_),
        [this](const boost::system::error_code& /*a child that reads nothing is its own affair*/,
               std::size_t /*size*/) {
          boost::system::error_code ignored;
          in_.close(ignored);
        });
  }

  void turn(std::chrono::milliseconds limit) {
    io_.restart();
    const auto end = std::chrono::steady_clock::now() + limit;
    // Without work left the context returns at once, and the exit would be awaited in a busy loop.
    if (out_.ended() && error_.ended()) {
      io_.poll();
      idle_.expires_at(end);
      idle_.async_wait([](const boost::system::error_code&) {});
      io_.restart();
    }
    io_.run_one_until(end);
  }

  std::stop_token stop_;
  bool merged_;
  std::string input_;
  asio::io_context io_;
  asio::steady_timer idle_{io_};
  process::async_pipe in_;
  Collector out_;
  Collector error_;
  process::group group_;
  process::child child_;
};

}  // namespace

ChildResult run_child(const ChildCommand& command, std::chrono::steady_clock::time_point deadline,
                      const std::stop_token& stop) {
  if (command.argv.empty() || command.argv.front().empty())
    throw OperationError("can't run a program without a name");
  Run run(command, stop);
  return run.finish(deadline);
}

}  // namespace cattle::handlers
