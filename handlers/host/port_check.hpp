// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cattle/subscriber/event.hpp"
#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/host/port_owners.hpp"
#include "handlers/options.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cattle::handlers {

/// A port that a user wants to publish.
struct WantedPort {
  PortAddress address;
  int port = 0;
  PortProtocol protocol = PortProtocol::tcp;
};

/// `data.ports`; entries that are none are skipped (S12).
[[nodiscard]] std::vector<WantedPort> decode_wanted_ports(const nlohmann::json& data);

/// Where the kernel's socket tables may be seen: CATTLE_HOST_PROC when it is set, else the usual places
/// (pasturestack 3.5).
[[nodiscard]] std::vector<std::string> socket_table_directories(const HostOptions& options);

/// host.port.check (pasturestack 3.3 to 3.5): who on this host holds the ports that somebody is about to
/// publish. A person waits for it, so it ends within a second. Reads only; safe to run several times at once.
class PortCheck {
 public:
  PortCheck(const docker::Client& engine, std::vector<std::string> table_directories,
            std::chrono::milliseconds limit = std::chrono::milliseconds(900))
      : owners_(engine), table_directories_(std::move(table_directories)), limit_(limit) {}

  [[nodiscard]] std::optional<nlohmann::json> handle(const subscriber::Event& event, Context& context) const;

 private:
  PortOwners owners_;
  std::vector<std::string> table_directories_;
  std::chrono::milliseconds limit_;
};

}  // namespace cattle::handlers
