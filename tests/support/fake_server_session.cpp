// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_server_state.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>

namespace cattle::support {
namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using State = FakeServer::State;

namespace {

constexpr auto kQuiet = asio::as_tuple(asio::use_awaitable);
using ErrorCode = boost::system::error_code;

const char* const kKeepAlive =
    R"({"id":"3d9c6a3e-0000-4000-8000-000000000000","name":"ping","resourceId":null,"resourceType":null,)"
    R"("data":{"options":{},"resources":[]},"time":1795356829621})";

class Session final : public FakeSession {
 public:
  Session(State& state, std::shared_ptr<State::Socket> socket)
      : state_(state), socket_(std::move(socket)), stream_(*socket_), wake_(socket_->get_executor()) {
    wake_.expires_at(asio::steady_timer::time_point::max());
  }

  void push(Outgoing outgoing) override {
    queue_.push_back(std::move(outgoing));
    wake_.cancel();
  }
  void freeze() override {
    frozen_ = true;
    socket_->cancel();
    wake_.cancel();
  }
  void cut() override {
    ErrorCode ignored;
    socket_->close(ignored);
    ended_ = true;
    wake_.cancel();
  }

  asio::awaitable<void> accept(std::string head, ServerAnswer::Headers headers) {
    stream_.set_option(
        websocket::stream_base::decorator([headers = std::move(headers)](websocket::response_type& response) {
          for (const auto& [name, value] : headers) response.set(name, value);
        }));
    stream_.read_message_max(0);
    stream_.auto_fragment(false);
    stream_.write_buffer_bytes(64UL * 1024);
    stream_.control_callback([this](websocket::frame_type kind, boost::beast::string_view payload) {
      count(kind, std::string(payload));
    });
    co_await stream_.async_accept(asio::buffer(head), asio::use_awaitable);
  }

  asio::awaitable<void> read() {
    boost::beast::flat_buffer buffer;
    for (ErrorCode error; !error && !frozen_;) {
      std::tie(error, std::ignore) = co_await stream_.async_read(buffer, kQuiet);
      buffer.consume(buffer.size());
      if (error == websocket::error::closed) {
        const auto code = stream_.reason().code;
        state_.change([&] { state_.close_codes.push_back(code); });
      }
    }
    while (frozen_ && socket_->is_open()) {
      asio::steady_timer hold(socket_->get_executor(), std::chrono::milliseconds(20));
      co_await hold.async_wait(kQuiet);
    }
    ended_ = true;
    wake_.cancel();
  }

  asio::awaitable<void> write() {
    while (!ended_) {
      if (queue_.empty() || frozen_) {
        co_await wake_.async_wait(kQuiet);
        continue;
      }
      const Outgoing next = std::move(queue_.front());
      queue_.pop_front();
      if (co_await write_one(next)) ended_ = !frozen_;
    }
  }

 private:
  void count(websocket::frame_type kind, const std::string& payload) {
    state_.change([&] {
      if (kind == websocket::frame_type::ping) ++state_.pings;
      if (kind == websocket::frame_type::pong) state_.pongs.push_back(payload);
    });
  }

  asio::awaitable<ErrorCode> write_one(const Outgoing& next) {
    switch (next.kind) {
      case Outgoing::Kind::fragments:
        co_return co_await write_pieces(next);
      case Outgoing::Kind::ping: {
        const websocket::ping_data payload(next.bytes);
        const auto [error] = co_await stream_.async_ping(payload, kQuiet);
        co_return error;
      }
      case Outgoing::Kind::raw: {
        const auto [error, sent] = co_await asio::async_write(*socket_, asio::buffer(next.bytes), kQuiet);
        co_return error;
      }
      case Outgoing::Kind::close: {
        const websocket::close_reason reason(static_cast<websocket::close_code>(next.code), next.bytes);
        const auto [error] = co_await stream_.async_close(reason, kQuiet);
        co_return error;
      }
      default:
        break;
    }
    stream_.binary(next.kind == Outgoing::Kind::binary);
    const auto [error, sent] = co_await stream_.async_write(asio::buffer(next.bytes), kQuiet);
    co_return error;
  }

  asio::awaitable<ErrorCode> write_pieces(const Outgoing& next) {
    stream_.binary(false);
    for (std::size_t at = 0; at < next.bytes.size(); at += next.piece) {
      const bool last = at + next.piece >= next.bytes.size();
      const auto piece = asio::buffer(asio::buffer(next.bytes) + at, next.piece);
      const auto [error, sent] = co_await stream_.async_write_some(last, piece, kQuiet);
      if (error) co_return error;
      if (!next.ping_between || last) continue;
      const websocket::ping_data payload("between");
      const auto [ping_error] = co_await stream_.async_ping(payload, kQuiet);
      if (ping_error) co_return ping_error;
    }
    co_return ErrorCode();
  }

  State& state_;
  std::shared_ptr<State::Socket> socket_;
  websocket::stream<State::Socket&> stream_;
  asio::steady_timer wake_;
  std::deque<Outgoing> queue_;
  bool frozen_ = false;
  bool ended_ = false;
};

asio::awaitable<void> write_side(std::shared_ptr<Session> session) {
  co_await session->write();
}

}  // namespace

asio::awaitable<void> serve_subscription(State& state, std::shared_ptr<State::Socket> socket,
                                         std::string head, ServerAnswer::Headers headers) {
  auto session = std::make_shared<Session>(state, socket);
  co_await session->accept(std::move(head), std::move(headers));
  state.sessions.remove_if([](const auto& entry) { return entry.expired(); });
  state.sessions.emplace_back(session);
  if (state.keep_alive.count() > 0) session->push({Outgoing::Kind::text, kKeepAlive});
  state.change([&] {
    ++state.subscribed;
    state.most_open = std::max(state.most_open, ++state.open);
  });
  asio::co_spawn(state.io, write_side(session), asio::detached);
  co_await session->read();
  state.change([&] { --state.open; });
}

asio::awaitable<void> keep_alive_loop(State& state, unsigned round) {
  while (state.keep_alive_round == round) {
    for (const auto& entry : state.sessions)
      if (const auto session = entry.lock()) session->push({Outgoing::Kind::text, kKeepAlive});
    asio::steady_timer timer(state.io, state.keep_alive);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace cattle::support
