// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/port_owners.hpp"

#include "docker-client/error.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <set>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace cattle::handlers {
namespace {

std::optional<PortProtocol> protocol_of(std::string_view word) {
  if (word == "tcp") return PortProtocol::tcp;
  if (word == "udp") return PortProtocol::udp;
  return std::nullopt;
}

int port_number(std::string_view text) {
  constexpr int kHighest = 65535;
  int port = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
  return whole && port >= 1 && port <= kHighest ? port : 0;
}

/// The list entry tells the ports of these; a restarting container holds none at the moment, but will again.
bool has_live_ports(const docker::ContainerSummary& container) {
  return container.state == "running" || container.state == "paused";
}

std::string reported_state(const std::string& state) {
  return state == "running" || state == "paused" || state == "restarting" ? state : "exited";
}

}  // namespace

std::vector<PortBinding> port_bindings(const nlohmann::json& inspect) {
  const nlohmann::json::json_pointer path("/HostConfig/PortBindings");
  std::vector<PortBinding> bindings;
  if (!inspect.contains(path) || !inspect.at(path).is_object()) return bindings;
  for (const auto& [private_port, hosts] : inspect.at(path).items()) {
    const auto protocol = protocol_of(private_port.substr(private_port.find('/') + 1));
    if (!protocol || !hosts.is_array()) continue;
    for (const auto& host : hosts) {
      const auto ports = text_or_empty(host, "HostPort");
      const auto dash = ports.find('-');
      const int first = port_number(std::string_view(ports).substr(0, dash));
      const int last =
          dash == std::string::npos ? first : port_number(std::string_view(ports).substr(dash + 1));
      if (first == 0 || last < first) continue;
      bindings.push_back({PortAddress::parse(text_or_empty(host, "HostIp")), first, last, *protocol});
    }
  }
  return bindings;
}

std::vector<PortBinding> published_ports(const docker::ContainerSummary& container) {
  std::vector<PortBinding> bindings;
  std::set<std::pair<int, PortProtocol>> on_v4_wildcard;
  for (const auto& port : container.ports) {
    const auto protocol = protocol_of(port.type);
    if (!protocol || port.public_port == 0) continue;
    auto address = PortAddress::parse(port.ip);
    if (address.text() == "0.0.0.0") on_v4_wildcard.emplace(port.public_port, *protocol);
    bindings.push_back({std::move(address), port.public_port, port.public_port, *protocol});
  }
  std::erase_if(bindings, [&on_v4_wildcard](const PortBinding& binding) {
    return binding.address.text() == "::" && on_v4_wildcard.contains({binding.first, binding.protocol});
  });
  return bindings;
}

std::vector<PortOwner> PortOwners::find(const docker::Call& call, EventLog& log) const {
  const auto containers = engine_.list_containers({}, call);
  auto known = known_of(containers);
  known.merge(inspect(unknown(containers, known), call));

  std::vector<PortOwner> owners;
  std::size_t left_out = 0;
  for (const auto& container : containers) {
    PortOwner owner;
    owner.container_id = container.id;
    owner.container_name = own_name(container.names);
    owner.state = reported_state(container.state);
    const auto bindings = known.find(container.id);
    if (has_live_ports(container)) {
      owner.bindings = published_ports(container);
    } else if (bindings != known.end()) {
      owner.bindings = *bindings->second;
    } else {
      ++left_out;
    }
    if (!owner.bindings.empty()) owners.push_back(std::move(owner));
  }
  if (left_out > 0) {
    log.warn("port check: " + std::to_string(left_out) +
             " stopped containers left out: no time to inspect them");
  }
  return owners;
}

PortOwners::BindingsById PortOwners::known_of(const std::vector<docker::ContainerSummary>& containers) const {
  BindingsById present;
  const std::lock_guard lock(mutex_);
  for (const auto& container : containers) {
    const auto known = known_.find(container.id);
    if (known != known_.end()) present.insert(*known);
  }
  known_ = present;  // what was removed is forgotten; what another check has just learned is asked for again
  return present;
}

std::vector<std::string> PortOwners::unknown(const std::vector<docker::ContainerSummary>& containers,
                                             const BindingsById& known) {
  std::vector<std::string> restarting;
  std::vector<std::string> stopped;
  for (const auto& container : containers) {
    if (has_live_ports(container) || known.contains(container.id)) continue;
    (container.state == "restarting" ? restarting : stopped).push_back(container.id);
  }
  // Those first whose ports block: if time runs out, only warnings are missing.
  restarting.insert(restarting.end(), stopped.begin(), stopped.end());
  return restarting;
}

PortOwners::BindingsById PortOwners::inspect(const std::vector<std::string>& ids,
                                             const docker::Call& call) const {
  docker::Call quiet = call;
  quiet.observer = nullptr;  // an observer belongs to the event's own thread
  std::atomic<std::size_t> next{0};
  BindingsById learned;
  const auto work = [this, &ids, &next, &quiet, &learned] {
    for (auto index = next.fetch_add(1); index < ids.size(); index = next.fetch_add(1)) {
      if (std::chrono::steady_clock::now() >= quiet.deadline) return;
      try {
        std::vector<PortBinding> bindings;
        if (const auto container = engine_.inspect_container(ids[index], quiet))
          bindings = port_bindings(container->raw);
        const auto shared = std::make_shared<const std::vector<PortBinding>>(std::move(bindings));
        const std::lock_guard lock(mutex_);
        learned[ids[index]] = shared;
        known_[ids[index]] = shared;
      } catch (const docker::Error&) {
        // Stays unknown: find() counts and reports it, and the rest of the answer is still worth having.
        continue;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t count = 1; count < std::min(parallel_, ids.size()); ++count) threads.emplace_back(work);
    work();
  }
  return learned;
}

}  // namespace cattle::handlers
