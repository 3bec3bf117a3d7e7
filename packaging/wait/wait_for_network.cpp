// SPDX-License-Identifier: Apache-2.0
// r COMMAND [ARGUMENT...]: waits until the network plugin has given this container its interface, then
// becomes COMMAND. Runs as process 1 in any container, an empty image too: static, no file of the container
// is read, no C++ runtime.
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr int kWaitSeconds =
    30;  // As long as the agent waits for the address of the container that it started.
constexpr long kPollNanoseconds = 20'000'000;
constexpr int kExitUsage = 2;
constexpr int kExitTimeout = 124;
constexpr int kExitNotExecutable = 126;
constexpr int kExitNotFound = 127;
constexpr int kExitSignal = 128;

enum class Link { missing, down, no_address, ready };

bool is_lasting_address(const sockaddr* address) {
  if (address == nullptr) return false;
  if (address->sa_family == AF_INET) return true;
  if (address->sa_family != AF_INET6) return false;
  // The kernel gives every interface that comes up a link-local one, before the plugin has given it an
  // address.
  sockaddr_in6 v6;
  memcpy(&v6, address, sizeof v6);
  return !IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

Link best(Link left, Link right) {
  return left < right ? right : left;
}

/// State of eth0 where there is one, else the best of all interfaces but lo.
Link look() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return Link::missing;
  Link eth0 = Link::missing;
  Link other = Link::missing;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if ((entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    const bool up = (entry->ifa_flags & IFF_UP) != 0;
    const Link state = !up                                   ? Link::down
                       : is_lasting_address(entry->ifa_addr) ? Link::ready
                                                             : Link::no_address;
    Link& link = strcmp(entry->ifa_name, "eth0") == 0 ? eth0 : other;
    link = best(link, state);
  }
  freeifaddrs(list);
  return eth0 != Link::missing ? eth0 : other;
}

const char* describe(Link link) {
  switch (link) {
    case Link::missing:
      return "there is no interface but lo";
    case Link::down:
      return "the interface is down";
    default:
      return "the interface has no address";
  }
}

void end(int signal) {
  _exit(kExitSignal + signal);
}

/// Process 1 ignores a signal that it has no handler for: without one a container that waits could not be
/// stopped. The handlers are gone with exec, and what was ignored stays so.
void end_on(int signal) {
  struct sigaction before;
  if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) return;
  struct sigaction action = {};
  action.sa_handler = end;
  sigaction(signal, &action, nullptr);
}

Link wait_for_network() {
  timespec begin = {};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  Link link = look();
  for (timespec now = begin; link != Link::ready; link = look()) {
    const time_t whole = now.tv_sec - begin.tv_sec - (now.tv_nsec < begin.tv_nsec ? 1 : 0);
    if (whole >= kWaitSeconds) break;
    const timespec pause = {0, kPollNanoseconds};
    nanosleep(&pause, nullptr);
    clock_gettime(CLOCK_MONOTONIC, &now);
  }
  return link;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    fputs("r: usage: r COMMAND [ARGUMENT...]\n", stderr);
    return kExitUsage;
  }
  end_on(SIGTERM);
  end_on(SIGINT);
  const Link link = wait_for_network();
  if (link != Link::ready) {
    fprintf(stderr, "r: no network after %d s, not starting %s: %s\n", kWaitSeconds, arguments[1],
            describe(link));
    return kExitTimeout;
  }
  execvp(arguments[1], arguments + 1);
  const int error = errno;
  fprintf(stderr, "r: cannot start %s: %s\n", arguments[1], strerror(error));
  return error == ENOENT || error == ENOTDIR ? kExitNotFound : kExitNotExecutable;
}
