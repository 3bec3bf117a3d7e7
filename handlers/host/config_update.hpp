// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/context.hpp"
#include "handlers/host/config_items.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace cattle::handlers {

/// config.update (7.1): takes each item and acknowledges it to the server that we are connected to; the
/// event's own `configUrl` may be an address that leads nowhere (E14). Nothing that the server sends is run
/// (R56). Two updates never work at once. An acknowledgement that fails is logged and no error: the server
/// names the item again in its next event.
class ConfigUpdate {
 public:
  ConfigUpdate(ConfigItemOptions options, const http::Client& server)
      : server_(server), request_limit_(options.request_limit), items_(std::move(options), server) {}

  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;

 private:
  void take_turn(const Context& context) const;
  void end_turn() const;
  void acknowledge(const std::string& item, const std::string& version, Context& context) const;

  const http::Client& server_;
  std::chrono::milliseconds request_limit_;
  ConfigItems items_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  mutable bool updating_ = false;
};

}  // namespace cattle::handlers
