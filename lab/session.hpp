// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/bus.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <memory>

namespace cattle::lab {

/// A subscription's WebSocket. Server to client only: what the client says is read and ignored.
class Session : public Listener, public std::enable_shared_from_this<Session> {
 public:
  using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

  Session(boost::asio::ip::tcp::socket socket, Audience audience);

  /// Accepts the upgrade, joins the bus, and returns when the subscription is over.
  boost::asio::awaitable<void> run(HttpRequest upgrade, Bus& bus);

  void send(std::string text) override;
  void send_binary(std::string bytes) override;
  void send_in_pieces(std::string text, std::size_t piece) override;
  void finish() override;
  void cut() override;
  void freeze() override;
  [[nodiscard]] bool frozen() const override { return frozen_; }
  [[nodiscard]] std::size_t queued() const override { return queue_.size(); }

 private:
  struct Message {
    std::string bytes;
    bool binary = false;
    std::size_t piece = 0;  ///< 0: in one frame.
  };
  boost::asio::awaitable<void> write_queue();
  boost::asio::awaitable<void> write(const Message& message);
  boost::asio::awaitable<void> read_until_closed();
  void push(Message message);

  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer wake_;
  std::deque<Message> queue_;
  bool frozen_ = false;
  bool finishing_ = false;
  bool over_ = false;
};

}  // namespace cattle::lab
