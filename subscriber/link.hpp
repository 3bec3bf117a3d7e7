// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_prefix.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/role.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cattle::subscriber {

/// A TCP connection, under TLS or not, with a deadline that closes it. One type for both, so that the
/// WebSocket layer is compiled once. Network thread only; shared by the coroutine that uses it and the timer
/// that guards it.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;

  explicit Link(boost::asio::io_context& io) : socket_(io), deadline_(io), answer_(io) {}

  Socket& socket() { return socket_; }
  executor_type get_executor() { return socket_.get_executor(); }
  boost::asio::ssl::stream<Socket&>& add_tls(boost::asio::ssl::context& context) {
    return tls_.emplace(socket_, context);
  }

  /// From now on the socket is closed when `limit` has passed, unless set again or cleared.
  void set_deadline(std::chrono::milliseconds limit);
  void clear_deadline();
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  /// Notes how the next answer begins, which Beast tells only once its body is there, too: the answer has
  /// `begin` to begin and `rest` for the rest. Until clear_deadline().
  void await_answer(std::chrono::milliseconds begin, std::chrono::milliseconds rest);
  [[nodiscard]] const std::string& answer_begin() const { return answer_begin_; }
  /// For good: nothing is opened on it again.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  /// Ends when an answer is there that comes by another way than the socket, or when the link is closed.
  boost::asio::steady_timer& answer() { return answer_; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (!awaiting_) return read_some(buffers, std::forward<Handler>(handler));
    boost::asio::async_compose<std::decay_t<Handler>, void(boost::system::error_code, std::size_t)>(
        [this, buffers, begun = false](auto& self, const boost::system::error_code& error = {},
                                       std::size_t size = 0) mutable {
          if (!std::exchange(begun, true)) {
            // A copy, since `self` holds `buffers` and moves on.
            const auto target = buffers;  // NOLINT(performance-unnecessary-copy-initialization)
            return read_some(target, std::move(self));
          }
          note(boost::beast::buffers_prefix(size, buffers));
          self.complete(error, size);
        },
        handler, socket_);
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return tls_ ? tls_->async_write_some(buffers, std::forward<Handler>(handler))
                : socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

 private:
  static constexpr std::size_t kNoted = 256;

  template <class Buffers, class Handler>
  void read_some(const Buffers& buffers, Handler&& handler) {
    tls_ ? tls_->async_read_some(buffers, std::forward<Handler>(handler))
         : socket_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers>
  void note(const Buffers& received) {
    if (!awaiting_ || boost::beast::buffer_bytes(received) == 0) return;
    if (answer_begin_.empty()) set_deadline(answer_rest_);
    const std::string bytes = boost::beast::buffers_to_string(received);
    answer_begin_ += bytes.substr(0, kNoted - answer_begin_.size());
  }

  Socket socket_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer answer_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  std::string answer_begin_;
  std::chrono::milliseconds answer_rest_{0};
  bool awaiting_ = false;
  unsigned deadline_round_ = 0;
  bool timed_out_ = false;
  bool closed_ = false;
};

// What Beast looks up for a stream of one's own. Neither the peer's end of the connection nor a TLS close
// alert is waited for: the close frames already said it, and a peer that is in trouble would keep us.
void beast_close_socket(Link& link);
template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, Link& link, Handler&& handler) {
  boost::system::error_code error;
  link.socket().shutdown(Link::Socket::shutdown_both, error);
  boost::asio::post(link.get_executor(), boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                                          boost::system::error_code()));
}

}  // namespace cattle::subscriber
