// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "subscriber/address.hpp"
#include "subscriber/link.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cattle::subscriber {

/// One WebSocket subscription over one link, from the upgrade to its end. Network thread only; shared by the
/// coroutine that reads it and the timer and writes that are under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `on_received` is called for each sign of life, `on_frame` for each text message that is not blank.
  Session(std::shared_ptr<Link> link, const SubscriptionOptions& options, std::function<void()> on_received,
          std::function<void(std::string)> on_frame);

  /// Why there is no subscription, or nothing.
  boost::asio::awaitable<std::optional<Outage>> upgrade(const Address& address);
  /// Value of a header of the answer to the upgrade; empty when it is not there.
  [[nodiscard]] std::string answer_header(const std::string& name) const;
  /// Reads until the end.
  boost::asio::awaitable<Outage> read();
  /// The server sent something other than its leave: a message or a pong.
  [[nodiscard]] bool served() const { return served_; }
  /// Sends a close frame and lets read() end, in close_timeout at the latest.
  void close();

 private:
  using Stream = boost::beast::websocket::stream<Link&, false>;  // No permessage-deflate (R4).
  using Clock = std::chrono::steady_clock;

  void received();
  void tick();
  bool take(std::string frame);
  void ping(Clock::time_point now);
  [[nodiscard]] Clock::time_point dead_at() const;
  [[nodiscard]] Outage refused(const boost::system::error_code& error) const;
  [[nodiscard]] Outage refused_with(int status, const std::string& reason, const std::string& body) const;
  [[nodiscard]] Outage ended(const boost::system::error_code& error) const;

  std::shared_ptr<Link> link_;
  const SubscriptionOptions& options_;
  std::function<void()> on_received_;
  std::function<void(std::string)> on_frame_;
  Stream stream_;
  boost::asio::steady_timer tick_;
  boost::beast::websocket::response_type answer_;
  std::array<char, 16UL * 1024> chunk_{};
  Clock::time_point last_received_;
  Clock::time_point last_data_;
  Clock::time_point ping_at_;
  int keep_alives_ = 0;
  bool pinging_ = false;
  bool closing_ = false;
  bool silent_ = false;
  bool served_ = false;
};

}  // namespace cattle::subscriber
