// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/host/port_address.hpp"
#include "handlers/host/socket_tables.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cattle::handlers {

/// Host ports of one binding; a container that was asked to take one out of a range has a first and a last.
struct PortBinding {
  PortAddress address;
  int first = 0;
  int last = 0;
  PortProtocol protocol = PortProtocol::tcp;
};

/// `HostConfig.PortBindings` of an inspect document; a port that the engine will choose anew is none.
[[nodiscard]] std::vector<PortBinding> port_bindings(const nlohmann::json& inspect);
/// The published ports of a list entry. Of a port on both wildcards only the IPv4 one: it is one binding
/// (S6).
[[nodiscard]] std::vector<PortBinding> published_ports(const docker::ContainerSummary& container);

struct PortOwner {
  std::string container_id;
  std::string container_name;  ///< Without the leading slash.
  std::string state;           ///< "running", "paused", "restarting"; else "exited" (S7).
  std::vector<PortBinding> bindings;

  [[nodiscard]] bool holds_ports() const { return state != "exited"; }
};

/// Which containers hold or would take which ports of the host. One list; those that don't run are inspected,
/// several at once, the first time they are seen: the bindings of a container never change. Safe to share
/// between threads.
class PortOwners {
 public:
  explicit PortOwners(const docker::Client& engine, std::size_t parallel = 16)
      : engine_(engine), parallel_(parallel) {}

  /// Throws docker::Error when the list fails (S11). Containers that could not be inspected before
  /// `call.deadline` are left out with a warning; they hold no port now.
  [[nodiscard]] std::vector<PortOwner> find(const docker::Call& call, EventLog& log) const;

 private:
  using Bindings = std::shared_ptr<const std::vector<PortBinding>>;
  using BindingsById = std::map<std::string, Bindings>;
  [[nodiscard]] BindingsById inspect(const std::vector<std::string>& ids, const docker::Call& call) const;
  [[nodiscard]] static std::vector<std::string> unknown(
      const std::vector<docker::ContainerSummary>& containers, const BindingsById& known);

  [[nodiscard]] BindingsById known_of(const std::vector<docker::ContainerSummary>& containers) const;

  const docker::Client& engine_;
  std::size_t parallel_;
  mutable std::mutex mutex_;
  mutable BindingsById known_;  // by container id, only those that exist
};

}  // namespace cattle::handlers
