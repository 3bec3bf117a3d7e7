// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/context.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace cattle::handlers {

/// config.update (7.1): acknowledges each item to the server that we are connected to; the event's own
/// `configUrl` may be an address that leads nowhere (E14). Nothing that the server names is fetched or run
/// (R56). An acknowledgement that fails is logged and no error: the server names the item again in its next
/// event.
class ConfigUpdate {
 public:
  explicit ConfigUpdate(const http::Client& server,
                        std::chrono::milliseconds request_limit = std::chrono::seconds(5))
      : server_(server), request_limit_(request_limit) {}

  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;

 private:
  void acknowledge(const std::string& item, Context& context) const;

  const http::Client& server_;
  std::chrono::milliseconds request_limit_;
};

}  // namespace cattle::handlers
