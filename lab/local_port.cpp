// SPDX-License-Identifier: Apache-2.0
#include "lab/local_port.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace cattle::lab {
namespace {

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr* generic(sockaddr_in& address) {
  return static_cast<sockaddr*>(static_cast<void*>(&address));
}

}  // namespace

int free_port() {
  const Socket socket;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t length = sizeof(address);
  const bool bound = ::bind(socket.get(), generic(address), length) == 0 &&
                     ::getsockname(socket.get(), generic(address), &length) == 0;
  if (!bound) throw std::system_error(errno, std::generic_category(), "no free port");
  return ntohs(address.sin_port);
}

bool accepts(int port) {
  const Socket socket;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.get(), generic(address), sizeof(address)) == 0;
}

}  // namespace cattle::lab
