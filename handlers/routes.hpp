// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/options.hpp"
#include "handlers/route.hpp"

#include <memory>
#include <vector>

namespace cattle::handlers {

/// Builds every handler once and owns them; the routes borrow from it. Thread safe after construction.
class Handlers {
 public:
  /// `server` talks to the server's API with the agent's key (config items); all three must outlive this.
  Handlers(HostOptions options, const docker::Client& engine, const http::Client& server);
  ~Handlers();
  Handlers(const Handlers&) = delete;
  Handlers& operator=(const Handlers&) = delete;

  /// The one table.
  [[nodiscard]] std::vector<Route> routes() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace cattle::handlers
