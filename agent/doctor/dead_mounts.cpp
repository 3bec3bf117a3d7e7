// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/dead_mounts.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace cattle::agent::doctor {
namespace {

/// In the child, where nothing but plain calls may be made: a byte for each path that answered.
[[noreturn]] void look_at(const std::vector<std::string>& paths, int done) {
  for (const auto& path : paths) {
    struct stat status {};
    struct statvfs system {};
    (void)::stat(path.c_str(), &status);
    (void)::statvfs(path.c_str(), &system);
    if (::write(done, "x", 1) != 1) break;
  }
  ::_exit(0);
}

/// How many answered before time was up.
std::size_t count_answers(int done, std::size_t wanted, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::size_t count = 0;
  while (count < wanted) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waiting{done, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
    std::array<char, 64> bytes{};
    const auto got = ::read(done, bytes.data(), bytes.size());
    if (got <= 0) break;
    count += static_cast<std::size_t>(got);
  }
  return count;
}

}  // namespace

Findings check_mounts_answer(const std::vector<std::string>& paths, std::chrono::milliseconds limit) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const auto child = ::fork();
  if (child == 0) look_at(paths, ends[1]);
  ::close(ends[1]);
  const auto answered = child < 0 ? paths.size() : count_answers(ends[0], paths.size(), limit);
  ::close(ends[0]);
  if (child > 0) {
    ::kill(child, SIGKILL);
    // Not waited for where it hangs: some file systems let nothing end a call.
    (void)::waitpid(child, nullptr, answered < paths.size() ? WNOHANG : 0);
  }
  if (answered >= paths.size()) return {};
  return {{Cause::state_file, paths[answered] + ": its file system does not answer",
           "bring back what serves that file system (a network mount's server, mostly), or detach it: umount "
           "-l"}};
}

}  // namespace cattle::agent::doctor
