// SPDX-License-Identifier: Apache-2.0
#include "lab/agent_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <system_error>
#include <thread>

namespace cattle::lab {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> environment_of(const AgentProgram& program) {
  std::vector<std::string> out{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "CATTLE_URL=" + program.url + "/v1",
                               "CATTLE_ACCESS_KEY=" + program.key.access_key,
                               "CATTLE_SECRET_KEY=" + program.key.secret_key,
                               "CATTLE_AGENT_LOG_FILE=" + program.directory + "/agent.log",
                               "CATTLE_HOME=" + program.directory + "/home",
                               "CATTLE_STATE_DIR=" + program.directory + "/home/state",
                               "CATTLE_AGENT_IP=127.0.0.1",
                               "CATTLE_DETECT_CLOUD_PROVIDER=false",
                               "DOCKER_HOST=" + program.docker_host};
  for (const auto& [name, value] : program.environment)
    out.push_back(std::string(name).append("=").append(value));
  return out;
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct SpawnSetup {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  SpawnSetup() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

}  // namespace

AgentProcess::AgentProcess(const AgentProgram& program) {
  for (const char* directory : {"/home", "/home/state"}) {
    if (::mkdir((program.directory + directory).c_str(), 0700) != 0 && errno != EEXIST) {
      throw std::system_error(errno, std::generic_category(), program.directory + directory);
    }
  }
  std::vector<std::string> environment = environment_of(program);
  std::vector<char*> variables;
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::string name = program.program;
  std::string verb = "run";
  std::vector<char*> arguments{name.data(), verb.data(), nullptr};

  SpawnSetup setup;
  const std::string console = program.directory + "/console.log";
  posix_spawn_file_actions_addopen(&setup.files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&setup.files, 1, console.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&setup.files, 1, 2);
  // Asio's sockets are not closed on exec: a child that held the server's would keep it from going away.
  posix_spawn_file_actions_addclosefrom_np(&setup.files, 3);
  // The lab may have blocked signals for itself; the child starts with none blocked, in a group of its own.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setpgroup(&setup.attributes, 0);
  posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawn(&pid_, program.program.c_str(), &setup.files, &setup.attributes,
                                arguments.data(), variables.data());
  if (error != 0) throw std::system_error(error, std::generic_category(), program.program);
}

AgentProcess::~AgentProcess() {
  if (!running()) return;
  signal(SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
}

bool AgentProcess::running() {
  if (result_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  result_ = exit_code(status);
  return false;
}

void AgentProcess::signal(int number) const {
  if (!result_) ::kill(pid_, number);
}

std::optional<int> AgentProcess::wait(std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (running() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
  return result_;
}

}  // namespace cattle::lab
