// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/api.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <list>
#include <memory>
#include <string>

namespace cattle::lab {

/// The listening socket and every connection behind it.
class HttpServer {
 public:
  explicit HttpServer(Core& core) : core_(core), api_(core), acceptor_(core.io) {}

  /// Both throw boost::system::system_error.
  void listen(const std::string& address, std::uint16_t port);
  void listen_again();  ///< After leave().
  /// As close(), but nobody else can take the port meanwhile: connections to it are refused.
  void leave();
  void close();  ///< The listening socket and all connections, subscriptions included, without a close frame.
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  using Socket = boost::asio::ip::tcp::socket;
  void bind();
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Socket> socket);

  Core& core_;
  Api api_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::list<std::weak_ptr<Socket>> connections_;
  std::string address_;
  std::uint16_t port_ = 0;
};

}  // namespace cattle::lab
