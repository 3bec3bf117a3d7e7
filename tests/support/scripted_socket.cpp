// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace cattle::support {
namespace {

constexpr int kPollMs = 20;

bool readable(int descriptor) {
  pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, kPollMs) > 0;
}

/// nullopt while more has to come.
std::optional<SocketRequest> parse(const std::string& received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  SocketRequest request;
  std::istringstream lines(received.substr(0, end));
  std::string line;
  std::getline(lines, line);
  std::istringstream(line) >> request.method >> request.path;
  std::size_t length = 0;
  while (std::getline(lines, line)) {
    if (line.starts_with("Content-Length:")) length = std::stoul(line.substr(15));
    if (line.starts_with("Host: ")) request.host = line.substr(6, line.size() - 7);
  }
  request.body = received.substr(end + 4);
  if (request.body.size() < length) return std::nullopt;
  return request;
}

void send_all(int descriptor, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto count = ::send(descriptor, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

}  // namespace

ScriptedSocket::ScriptedSocket(std::string path, Script script)
    : path_(std::move(path)), script_(std::move(script)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof(address.sun_path)) throw std::runtime_error("socket path too long");
  std::memcpy(address.sun_path, path_.c_str(), path_.size());
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const void* raw = &address;
  if (::bind(listener_, static_cast<const sockaddr*>(raw), sizeof(address)) != 0 ||
      ::listen(listener_, 128) != 0) {
    throw std::runtime_error("can't listen on " + path_);
  }
  acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
}

ScriptedSocket::~ScriptedSocket() {
  acceptor_ = {};
  connections_.clear();
  ::close(listener_);
  ::unlink(path_.c_str());
}

void ScriptedSocket::accept_all(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!readable(listener_)) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    connections_.emplace_back([this, connection](const std::stop_token& ended) { serve(connection, ended); });
  }
}

void ScriptedSocket::serve(int connection, const std::stop_token& stop) {
  std::string received;
  std::array<char, 8192> buffer{};
  std::optional<SocketRequest> request;
  while (!request && !stop.stop_requested()) {
    if (!readable(connection)) continue;
    const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    received.append(buffer.data(), static_cast<std::size_t>(count));
    request = parse(received);
  }
  if (request) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    const auto answer = script_(*request);
    while (answer.hang && !stop.stop_requested()) readable(-1);
    send_all(connection, "HTTP/1.1 " + std::to_string(answer.status) +
                             " X\r\nContent-Type: application/json\r\nContent-Length: " +
                             std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n" +
                             answer.body);
  }
  ::close(connection);
}

std::vector<SocketRequest> ScriptedSocket::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> ScriptedSocket::paths() const {
  std::vector<std::string> paths;
  for (const auto& request : requests()) paths.push_back(request.path);
  return paths;
}

}  // namespace cattle::support
