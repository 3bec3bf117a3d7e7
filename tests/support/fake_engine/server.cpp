// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/server.hpp"

#include "tests/support/fake_engine/session.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace cattle::support {
namespace {

bool match(const std::string& method, const std::string& path_contains, const EngineCall& call) {
  return (method.empty() || method == call.method) && call.path.find(path_contains) != std::string::npos;
}

int listen_on(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path))
    throw std::runtime_error("the socket's path is too long: " + path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 128) != 0) {
    throw std::runtime_error("can't listen on " + path + ": " + std::strerror(errno));
  }
  return listener;
}

}  // namespace

struct FakeEngine::Server::Connection {
  int socket = -1;
  std::atomic<bool> done{false};
  std::thread thread;
};

FakeEngine::Server::Server(State& state, std::string path) : state_(state), path_(std::move(path)) {}

FakeEngine::Server::~Server() {
  stop();
}

void FakeEngine::Server::start() {
  if (!stopping_) return;
  const int listener = listen_on(path_);
  listener_ = listener;
  stopping_ = false;
  acceptor_ = std::thread([this, listener] { accept_loop(listener); });
}

void FakeEngine::Server::stop() {
  if (stopping_.exchange(true)) return;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  ::unlink(path_.c_str());
  for (Connection& connection : connections_) {
    ::shutdown(connection.socket, SHUT_RDWR);
    connection.thread.join();
    ::close(connection.socket);
  }
  connections_.clear();
}

void FakeEngine::Server::accept_loop(int listener) {
  while (!stopping_) {
    pollfd waited{listener, POLLIN, 0};
    ::poll(&waited, 1, 100);
    reap();
    if (stopping_ || (waited.revents & POLLIN) == 0) continue;
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    ++accepted_;
    ++open_;
    Connection& connection = connections_.emplace_back();
    connection.socket = socket;
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

void FakeEngine::Server::reap() {
  for (auto entry = connections_.begin(); entry != connections_.end();) {
    if (!entry->done) {
      ++entry;
      continue;
    }
    entry->thread.join();
    ::close(entry->socket);
    entry = connections_.erase(entry);
  }
}

void FakeEngine::Server::serve(Connection& connection) {
  EngineSession session(connection.socket, [this] { return stopping_.load(); });
  while (auto call = session.read()) {
    record(*call);
    std::uint64_t generation = 0;
    const std::optional<Fault> fault = take_fault(*call, generation);
    session.pause(std::chrono::milliseconds(delay_ms_.load()));
    if (fault && fault->kind == Fault::Kind::hang) {
      session.wait_until([&] { return fault_generation_ != generation; });
      break;
    }
    if (!session.answer(state_, *call, fault)) break;
  }
  ::shutdown(connection.socket, SHUT_RDWR);
  --open_;
  connection.done = true;
}

void FakeEngine::Server::record(const EngineCall& call) {
  const std::lock_guard lock(mutex_);
  journal_.push_back(call);
  journal_grew_.notify_all();
}

std::optional<Fault> FakeEngine::Server::take_fault(const EngineCall& call, std::uint64_t& generation) {
  const std::lock_guard lock(mutex_);
  generation = fault_generation_;
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (!match(fault->method, fault->path_contains, call)) continue;
    Fault taken = *fault;
    if (fault->times > 0 && --fault->times == 0) faults_.erase(fault);
    return taken;
  }
  return std::nullopt;
}

void FakeEngine::Server::inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FakeEngine::Server::clear_faults() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  ++fault_generation_;
}

std::vector<EngineCall> FakeEngine::Server::calls() const {
  const std::lock_guard lock(mutex_);
  return journal_;
}

bool FakeEngine::Server::wait_for_calls(const std::string& method, const std::string& path_contains,
                                        std::size_t count, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return journal_grew_.wait_for(lock, limit, [&] {
    const auto found = std::count_if(journal_.begin(), journal_.end(), [&](const EngineCall& call) {
      return match(method, path_contains, call);
    });
    return static_cast<std::size_t>(found) >= count;
  });
}

void FakeEngine::Server::clear_calls() {
  const std::lock_guard lock(mutex_);
  journal_.clear();
}

}  // namespace cattle::support
