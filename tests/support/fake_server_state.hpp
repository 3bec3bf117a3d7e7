// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/fake_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <thread>

namespace cattle::support {

/// What one open subscription is told to do next.
struct Outgoing {
  enum class Kind : std::uint8_t { text, binary, fragments, ping, raw, close };
  Kind kind = Kind::text;
  std::string bytes = {};
  std::size_t piece = 0;
  bool ping_between = false;
  std::uint16_t code = 0;
};

/// An open subscription; network thread only.
class FakeSession {
 public:
  FakeSession() = default;
  virtual ~FakeSession() = default;
  FakeSession(const FakeSession&) = delete;
  FakeSession& operator=(const FakeSession&) = delete;
  virtual void push(Outgoing outgoing) = 0;
  virtual void freeze() = 0;
  virtual void cut() = 0;
};

struct ScriptedAnswer {
  std::string path_end;
  ServerAnswer answer;
  int times = -1;
};

struct FakeServer::State {
  using Socket = boost::asio::ip::tcp::socket;
  using Acceptor = boost::asio::ip::tcp::acceptor;

  FakeServerOptions options;
  std::uint16_t port = 0;
  std::uint16_t plain_port = 0;  ///< Behind the TLS front; the same as `port` without one.

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  // Guarded by the mutex
  std::vector<ServerRequest> requests;
  std::vector<nlohmann::json> replies;
  std::vector<ScriptedAnswer> answers;
  std::vector<std::string> pongs;
  std::vector<std::uint16_t> close_codes;
  std::size_t subscribed = 0;
  std::size_t open = 0;
  std::size_t most_open = 0;
  std::size_t pings = 0;
  std::size_t early_bytes = 0;

  // Network thread only
  std::list<std::weak_ptr<Socket>> sockets;
  std::list<std::weak_ptr<Acceptor>> acceptors;
  std::list<std::weak_ptr<FakeSession>> sessions;
  std::chrono::milliseconds keep_alive{0};
  unsigned keep_alive_round = 0;
  unsigned connections = 0;  ///< Accepted so far.
  unsigned ignored = 0;      ///< The first so many get no answer.

  std::jthread thread;
  boost::asio::io_context io{1};  ///< Last, so that coroutine frames go before what they refer to.

  /// Runs `action` on the network thread and waits for it.
  void run(const std::function<void()>& action);
  void each_session(const std::function<void(FakeSession&)>& action);
  void push(const Outgoing& outgoing);
  /// Takes one use of the scripted answer for that path.
  std::optional<ServerAnswer> take_answer(const std::string& path);
  template <class Change>
  void change(const Change& apply) {
    {
      const std::lock_guard lock(mutex);
      apply();
    }
    changed.notify_all();
  }
};

/// Accepts, and serves each connection until it or the server ends.
boost::asio::awaitable<void> accept_plain(FakeServer::State& state,
                                          std::shared_ptr<FakeServer::State::Acceptor> acceptor);
/// Ends TLS and passes the bytes on to the plain port.
boost::asio::awaitable<void> accept_tls(FakeServer::State& state,
                                        std::shared_ptr<FakeServer::State::Acceptor> acceptor);
/// A subscription from the accepted upgrade to its end. `head` is the request's raw header block.
boost::asio::awaitable<void> serve_subscription(FakeServer::State& state,
                                                std::shared_ptr<FakeServer::State::Socket> socket,
                                                std::string head, ServerAnswer::Headers headers);
boost::asio::awaitable<void> keep_alive_loop(FakeServer::State& state, unsigned round);

/// "Basic <base64 of user:password>".
std::string basic_credentials(const std::string& user, const std::string& password);

}  // namespace cattle::support
