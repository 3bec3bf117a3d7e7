// SPDX-License-Identifier: Apache-2.0
#include "agent/service_notice.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <utility>

namespace cattle::agent {

ServiceNotice::ServiceNotice(std::string socket, const std::string& watchdog_microseconds)
    : socket_(std::move(socket)) {
  std::int64_t time = 0;
  const char* last = watchdog_microseconds.data() + watchdog_microseconds.size();
  if (std::from_chars(watchdog_microseconds.data(), last, time).ptr == last && time > 0) {
    interval_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(time / 2));
  }
}

void ServiceNotice::ready() {
  send("READY=1");
}

void ServiceNotice::stopping() {
  send("STOPPING=1");
}

void ServiceNotice::alive() {
  constexpr std::chrono::milliseconds kBetween{200};
  const auto now = std::chrono::steady_clock::now();
  if (!interval_ || now < next_) return;
  send("WATCHDOG=1");
  next_ = now + kBetween;
}

void ServiceNotice::send(const std::string& message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<void*>(address.sun_path), socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // An abstract socket.
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL,
           static_cast<const sockaddr*>(static_cast<const void*>(&address)), length);
  ::close(descriptor);
}

}  // namespace cattle::agent
