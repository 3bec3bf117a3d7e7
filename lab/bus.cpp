// SPDX-License-Identifier: Apache-2.0
#include "lab/bus.hpp"

#include "lab/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <vector>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

json keepalive_event(Ids& ids) {
  return {{"id", ids.uuid()},
          {"name", "ping"},
          {"resourceId", nullptr},
          {"resourceType", nullptr},
          {"data", {{"options", json::object()}, {"resources", json::array()}}},
          {"time", now_millis()}};
}

asio::awaitable<void> run_later(Milliseconds delay, std::function<void()> action) {
  asio::steady_timer timer(co_await asio::this_coro::executor, delay);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (!error) action();
}

}  // namespace

void Bus::add(const std::shared_ptr<Listener>& listener) {
  listeners_.push_back(listener);
  asio::co_spawn(io_, keep_alive(listener), asio::detached);
}

void Bus::remove(const Listener* listener) {
  listeners_.remove_if([listener](const auto& entry) { return entry.get() == listener; });
}

asio::awaitable<void> Bus::keep_alive(std::weak_ptr<Listener> weak) {
  asio::steady_timer timer(io_);
  boost::system::error_code error;
  for (int sent = 0;; ++sent) {
    {
      const auto listener = weak.lock();
      if (!listener) co_return;
      if (listener->queued() > settings_.max_queued) {
        listener->cut();
        co_return;
      }
      if (sent >= settings_.max_keepalives) {
        listener->finish();
        co_return;
      }
      listener->send(keepalive_event(ids_).dump());
    }
    timer.expires_after(settings_.keepalive_interval);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
}

void Bus::later(Milliseconds delay, std::function<void()> action) {
  asio::co_spawn(io_, run_later(delay, std::move(action)), asio::detached);
}

void Bus::deliver(const std::string& internal_name, const json& event) {
  std::size_t receivers = 0;
  for (const auto& listener : listeners_) {
    if (!listener->audience().names.contains(internal_name)) continue;
    ++receivers;
    json copy = event;
    if (listener->audience().raw) copy["name"] = internal_name;
    listener->send(copy.dump());
  }
  wire_.record("event", 0, event, receivers == 0 ? "no subscriber" : "sent");
}

void Bus::publish(const std::string& qualifier, const json& event) {
  const std::string name = event.at("name").get<std::string>();
  const std::string internal_name = name + ";" + qualifier;
  if (faults_.take("drop", name)) {
    wire_.record("event", 0, event, "dropped");
    return;
  }
  for (const char* kind : {"cut", "freeze"}) {
    if (!faults_.take(kind, name)) continue;
    const bool cut = std::string_view(kind) == "cut";
    wire_.record("event", 0, event, cut ? "lost, link cut" : "lost, link frozen");
    const std::vector<std::shared_ptr<Listener>> now(listeners_.begin(), listeners_.end());
    for (const auto& listener : now) {
      if (!listener->audience().names.contains(internal_name)) continue;
      if (cut) {
        listener->cut();
      } else {
        listener->freeze();
      }
    }
    return;
  }
  if (const auto fault = faults_.take("delay", name)) {
    later(fault->millis, [this, internal_name, event] { deliver(internal_name, event); });
    return;
  }
  deliver(internal_name, event);
  if (faults_.take("duplicate", name)) deliver(internal_name, event);
  if (const auto fault = faults_.take("resend", name)) {
    later(fault->millis, [this, internal_name, event] { deliver(internal_name, event); });
  }
}

void Bus::publish_views(const std::string& internal_name, const View& view) {
  for (const auto& listener : listeners_) {
    if (!listener->audience().names.contains(internal_name)) continue;
    if (const auto event = view(listener->audience())) {
      listener->send(event->dump());
      wire_.record("event", listener->audience().account, *event, "sent");
    }
  }
}

void Bus::for_each(std::int64_t account, const std::function<void(Listener&)>& visit) {
  const std::vector<std::shared_ptr<Listener>> now(listeners_.begin(), listeners_.end());
  for (const auto& listener : now) {
    if (account == 0 || listener->audience().account == account) visit(*listener);
  }
}

std::size_t Bus::count(std::int64_t account) const {
  std::size_t out = 0;
  for (const auto& listener : listeners_) {
    if ((account == 0 || listener->audience().account == account) && !listener->frozen()) ++out;
  }
  return out;
}

}  // namespace cattle::lab
