// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/core.hpp"
#include "lab/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <variant>

namespace cattle::lab {

/// The public API of the server, as far as an agent and a subscriber see it. Knows no socket.
class Api {
 public:
  explicit Api(Core& core) : core_(core) {}

  /// Every request but a WebSocket upgrade.
  boost::asio::awaitable<Response> handle(Request request);
  /// An upgrade on the subscribe collection: who would listen, or the refusal (cattle-protocol 1).
  std::variant<Audience, Response> subscribe(const Request& request);

 private:
  boost::asio::awaitable<Response> dispatch(const Request& request);
  Response authenticated(const Request& request, const Caller& caller);
  Response root(const Request& request) const;
  Response schemas(const Request& request, const Caller& caller) const;
  Response publish(const Request& request, const Caller& caller);
  Response config_content(const Request& request, const Caller& caller);
  Response container_event(const Request& request, const Caller& caller);
  Response proxy_token(const Caller& caller);
  Response projects(const Request& request, const Caller& caller);
  Response scripts(const Request& request);
  Response registration(const Request& request);
  Response resources(const Request& request, const Caller& caller);
  [[nodiscard]] std::optional<Caller> caller_of(const Request& request) const;
  [[nodiscard]] Response unauthorized(const Request& request) const;
  void add_headers(const Request& request, const std::optional<Caller>& caller, Response& response) const;

  Core& core_;
};

}  // namespace cattle::lab
