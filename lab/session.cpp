// SPDX-License-Identifier: Apache-2.0
#include "lab/session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Audience audience)
    : Listener(std::move(audience)), stream_(std::move(socket)), wake_(stream_.get_executor()) {
  stream_.auto_fragment(false);
}

asio::awaitable<void> Session::run(HttpRequest upgrade, Bus& bus) {
  const auto self = shared_from_this();
  error_code error;
  co_await stream_.async_accept(upgrade, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  bus.add(self);
  asio::co_spawn(
      stream_.get_executor(), [self]() { return self->write_queue(); }, asio::detached);
  co_await read_until_closed();
  if (frozen_) {
    // The peer may have given up long ago: nobody here looks. Silence lasts until the server closes the
    // socket.
    while (stream_.next_layer().is_open()) {
      wake_.expires_at(asio::steady_timer::time_point::max());
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
  over_ = true;
  wake_.cancel();
  bus.remove(this);
}

asio::awaitable<void> Session::read_until_closed() {
  boost::beast::flat_buffer ignored;
  error_code error;
  while (!error) {
    co_await stream_.async_read(ignored, asio::redirect_error(asio::use_awaitable, error));
    ignored.consume(ignored.size());
  }
}

asio::awaitable<void> Session::write_queue() {
  const auto self = shared_from_this();
  error_code error;
  while (!over_ && !frozen_) {
    if (queue_.empty()) {
      if (finishing_) {
        co_await stream_.async_close(websocket::close_code::normal,
                                     asio::redirect_error(asio::use_awaitable, error));
        co_return;
      }
      wake_.expires_at(asio::steady_timer::time_point::max());
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    co_await write(queue_.front());
    if (!queue_.empty()) queue_.pop_front();
  }
}

asio::awaitable<void> Session::write(const Message& message) {
  error_code error;
  stream_.binary(message.binary);
  if (message.piece == 0) {
    co_await stream_.async_write(asio::buffer(message.bytes),
                                 asio::redirect_error(asio::use_awaitable, error));
    co_return;
  }
  for (std::size_t at = 0; at < message.bytes.size() && !error; at += message.piece) {
    const std::size_t count = std::min(message.piece, message.bytes.size() - at);
    const bool last = at + count == message.bytes.size();
    co_await stream_.async_write_some(last, asio::buffer(message.bytes.data() + at, count),
                                      asio::redirect_error(asio::use_awaitable, error));
  }
}

void Session::push(Message message) {
  if (over_ || frozen_ || finishing_) return;
  queue_.push_back(std::move(message));
  wake_.cancel();
}

void Session::send(std::string text) {
  push({std::move(text), false, 0});
}
void Session::send_binary(std::string bytes) {
  push({std::move(bytes), true, 0});
}
void Session::send_in_pieces(std::string text, std::size_t piece) {
  push({std::move(text), false, piece});
}

void Session::finish() {
  finishing_ = true;
  wake_.cancel();
}

void Session::cut() {
  error_code ignored;
  auto& socket = stream_.next_layer();
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
  wake_.cancel();
}

void Session::freeze() {
  frozen_ = true;
  error_code ignored;
  stream_.next_layer().cancel(ignored);
  wake_.cancel();
}

}  // namespace cattle::lab
