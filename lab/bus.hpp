// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/faults.hpp"
#include "lab/ids.hpp"
#include "lab/settings.hpp"
#include "lab/wire.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace cattle::lab {

/// Who listens, and to what.
struct Audience {
  std::int64_t account = 0;
  std::optional<std::int64_t> agent;  ///< The agent behind an agent's key.
  std::string version = "v1";         ///< Of the API: v1 or v2-beta; shapes resource.change (E20).
  std::string base;                   ///< URL up to and with the version, for links.
  std::string project;                ///< API id of the project in the path, empty without.
  bool raw = false;  ///< Names are used as given and delivered unstripped (service accounts).
  bool administrator = false;
  std::set<std::string> names;  ///< Internal names, with their qualifier.
};

/// One open subscription. Implemented by the WebSocket session; used on the lab's thread only.
class Listener {
 public:
  explicit Listener(Audience audience) : audience_(std::move(audience)) {}
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] const Audience& audience() const { return audience_; }
  virtual void send(std::string text) = 0;  ///< Queued.
  virtual void send_binary(std::string bytes) = 0;
  virtual void send_in_pieces(std::string text, std::size_t piece) = 0;  ///< One message in fragments.
  virtual void finish() = 0;                                             ///< Close frame, then TCP.
  virtual void cut() = 0;                                                ///< TCP reset, no close frame.
  virtual void freeze() = 0;  ///< Stays open, neither reads nor writes any more.
  [[nodiscard]] virtual bool frozen() const = 0;
  [[nodiscard]] virtual std::size_t queued() const = 0;

 private:
  Audience audience_;
};

/// The event bus: fan-out by exact name, no queue, no replay (cattle-protocol 1.6.3). Keeps subscriptions
/// alive.
class Bus {
 public:
  Bus(boost::asio::io_context& io, const Settings& settings, Ids& ids, Wire& wire, Faults& faults)
      : io_(io), settings_(settings), ids_(ids), wire_(wire), faults_(faults) {}

  void add(const std::shared_ptr<Listener>& listener);
  void remove(const Listener* listener);
  /// Sends to whoever subscribed to `<name>;<qualifier>`, with what faults make of it.
  void publish(const std::string& qualifier, const nlohmann::json& event);
  /// For each listener to `<name>;<qualifier>` its own view; nothing for those that get none.
  using View = std::function<std::optional<nlohmann::json>(const Audience&)>;
  void publish_views(const std::string& internal_name, const View& view);

  /// `account` 0: everybody's.
  void for_each(std::int64_t account, const std::function<void(Listener&)>& visit);
  [[nodiscard]] std::size_t count(std::int64_t account) const;  ///< Live subscriptions, frozen ones left out.

 private:
  boost::asio::awaitable<void> keep_alive(std::weak_ptr<Listener> listener);
  void deliver(const std::string& internal_name, const nlohmann::json& event);
  void later(Milliseconds delay, std::function<void()> action);

  boost::asio::io_context& io_;
  const Settings& settings_;
  Ids& ids_;
  Wire& wire_;
  Faults& faults_;
  std::list<std::shared_ptr<Listener>> listeners_;
};

}  // namespace cattle::lab
