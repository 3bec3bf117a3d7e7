// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/program.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace cattle::agent {
namespace {

constexpr int kNotPrepared = 125;
constexpr int kNotStarted = 127;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

int wait_for(::pid_t child) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return -1000;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

ProgramRun run_program(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment,
                       const std::function<bool()>& prepare) {
  std::string pattern = (std::filesystem::temp_directory_path() / "run-XXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(pattern.data());
  std::vector<std::string> words{CATTLE_AGENT_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  variables.reserve(environment.size());
  for (const auto& [name, value] : environment) variables.emplace_back(name).append("=").append(value);
  const auto argv = pointers(words);
  const auto envp = pointers(variables);
  const auto out = (directory / "out").string();
  const auto err = (directory / "err").string();
  const auto begun = std::chrono::steady_clock::now();
  const auto child = ::fork();
  if (child == 0) {
    ::dup2(::open(out.c_str(), O_CREAT | O_WRONLY, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_CREAT | O_WRONLY, 0600), STDERR_FILENO);
    if (prepare && !prepare()) ::_exit(kNotPrepared);
    ::execve(argv.front(), argv.data(), envp.data());
    ::_exit(kNotStarted);
  }
  ProgramRun result;
  result.code = child < 0 ? kNotStarted : wait_for(child);
  result.time =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  result.output = content(out);
  result.errors = content(err);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return result;
}

bool own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool mount_tmpfs(const std::string& directory, const std::string& options) {
  return ::mount("tmpfs", directory.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

bool is_root() {
  return ::geteuid() == 0;
}

}  // namespace cattle::agent
