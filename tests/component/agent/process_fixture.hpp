// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/exit_code.hpp"
#include "tests/component/agent/running_agent.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace cattle::agent {

/// The program itself, as a child process.
class ProcessTest : public AgentTest {
 public:
  ProcessTest() {
    variables_ = {{"CATTLE_URL", server_.url()},
                  {"CATTLE_ACCESS_KEY", "key"},
                  {"CATTLE_SECRET_KEY", "secret"},
                  {"CATTLE_HOME", directory_.string()},
                  {"CATTLE_AGENT_LOG_FILE", options_.log.file},
                  {"CATTLE_DETECT_CLOUD_PROVIDER", "false"},
                  {"DOCKER_HOST", engine_.docker_host()}};
    engine_.add_image("local/box:1");
  }
  ~ProcessTest() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      (void)exit_code();
    }
  }

  void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CATTLE_AGENT_BINARY);
    std::vector<std::string> environment;
    for (const auto& [name, value] : variables_)
      environment.push_back(std::string(name).append("=").append(value));
    std::vector<char*> argv;
    std::vector<char*> envp;
    for (auto& argument : arguments) argv.push_back(argument.data());
    for (auto& variable : environment) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    const auto output = (directory_ / "out").string();
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      if (in_child_) in_child_();
      const int file = ::open(output.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      ::execve(argv.front(), argv.data(), envp.data());
      ::_exit(127);
    }
  }
  void run_subscribed() {
    run({"run"});
    ASSERT_TRUE(server_.wait_subscribed(1, std::chrono::seconds(20))) << output();
    engine_.clear_calls();  // Which other agents run here was asked before.
  }
  /// Waits for its end, 20 s at most.
  int exit_code() {
    int status = 0;
    const bool ended =
        soon([&] { return ::waitpid(child_, &status, WNOHANG) == child_; }, std::chrono::seconds(20));
    if (!ended) return -1;
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] bool alive() const { return child_ > 0 && ::waitpid(child_, nullptr, WNOHANG) == 0; }
  [[nodiscard]] std::string output() const {
    std::ifstream in(directory_ / "out");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::map<std::string, std::string> variables_;
  ::pid_t child_ = 0;
  std::function<void()> in_child_;  ///< Before the program takes its place.
};

}  // namespace cattle::agent
