// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

namespace cattle::support {

/// As systemd's, of which the tests need what it was told.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(descriptor_, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof(address)), 0);
  }
  ~NotifySocket() { ::close(descriptor_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  /// Messages of that text since the last call.
  [[nodiscard]] int received(const std::string& wanted) const {
    int count = 0;
    std::string text(64, '\0');
    for (;;) {
      const auto length = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
      if (length < 0) return count;
      count += text.compare(0, static_cast<std::size_t>(length), wanted) == 0 ? 1 : 0;
    }
  }

 private:
  int descriptor_;
};

}  // namespace cattle::support
