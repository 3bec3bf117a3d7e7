// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/port_check.hpp"

#include "handlers/json_fields.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <tuple>
#include <utility>

namespace cattle::handlers {
namespace {

std::optional<WantedPort> decode_wanted_port(const nlohmann::json& entry) {
  constexpr std::int64_t kHighest = 65535;
  if (!entry.is_object()) return std::nullopt;
  const auto member = [&entry](const char* key) {
    const auto found = entry.find(key);
    return found == entry.end() ? nlohmann::json() : *found;
  };
  const auto port = member("publicPort");
  const auto address = member("bindAddress");
  const auto protocol = member("protocol");
  if (!port.is_number_integer() || !(address.is_null() || address.is_string())) return std::nullopt;
  const auto number = port.get<std::int64_t>();
  if (number < 1 || number > kHighest) return std::nullopt;

  std::string word = text_or_empty(protocol);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const bool usual = protocol.is_null() || word.empty() || word == "tcp";
  if (!(usual && (protocol.is_null() || protocol.is_string())) && word != "udp") return std::nullopt;
  return WantedPort{PortAddress::parse(text_or_empty(address)), static_cast<int>(number),
                    usual ? PortProtocol::tcp : PortProtocol::udp};
}

bool meets(const PortBinding& binding, const WantedPort& wanted) {
  return binding.protocol == wanted.protocol && binding.first <= wanted.port && wanted.port <= binding.last &&
         binding.address.overlaps(wanted.address);
}

/// The conflicts of one answer, each once, with all seven keys (S3).
class Conflicts {
 public:
  void add(const PortOwner& owner, const PortBinding& binding, const WantedPort& wanted) {
    if (owner.holds_ports()) held_.push_back({binding.address, wanted.port, wanted.protocol});
    add({{"source", "docker"},
         {"containerId", owner.container_id},
         {"containerName", owner.container_name},
         {"state", owner.state}},
        owner.container_id, {binding.address, wanted.port, wanted.protocol});
  }
  void add(const BoundSocket& socket) {
    const auto same = [&socket](const BoundSocket& held) {
      return held.port == socket.port && held.protocol == socket.protocol &&
             held.address.overlaps(socket.address);
    };
    // The engine's own proxy for a container that is listed already (S6). A stopped container has none.
    if (std::any_of(held_.begin(), held_.end(), same)) return;
    add({{"source", "hostProcess"}, {"containerId", ""}, {"containerName", ""}, {"state", ""}}, {}, socket);
  }
  [[nodiscard]] nlohmann::json take() { return std::move(list_); }

 private:
  void add(nlohmann::json conflict, const std::string& container, const BoundSocket& place) {
    if (!seen_.emplace(container, place.address.text(), place.port, place.protocol).second) return;
    conflict["bindAddress"] = place.address.text();
    conflict["publicPort"] = place.port;
    conflict["protocol"] = to_string(place.protocol);
    list_.push_back(std::move(conflict));
  }

  nlohmann::json list_ = nlohmann::json::array();
  std::set<std::tuple<std::string, std::string, int, PortProtocol>> seen_;
  std::vector<BoundSocket> held_;  // ports that listed containers hold
};

}  // namespace

std::vector<WantedPort> decode_wanted_ports(const nlohmann::json& data) {
  std::vector<WantedPort> ports;
  if (!data.is_object() || !data.contains("ports") || !data.at("ports").is_array()) return ports;
  for (const auto& entry : data.at("ports")) {
    if (const auto port = decode_wanted_port(entry)) ports.push_back(*port);
  }
  return ports;
}

std::vector<std::string> socket_table_directories(const HostOptions& options) {
  // PID 1 of the host's own /proc is in the host's network; "self" would be the agent's container.
  if (!options.host_proc.empty()) return {options.host_proc + "/1/net", options.host_proc + "/net"};
  return {"/host/proc/1/net", options.proc + "/1/net", options.proc + "/net"};
}

std::optional<nlohmann::json> PortCheck::handle(const subscriber::Event& event, Context& context) const {
  if (!event.wants_reply()) return std::nullopt;
  const auto wanted = decode_wanted_ports(event.data);
  const auto tables = read_socket_tables(table_directories_);
  Conflicts conflicts;
  if (!wanted.empty()) {
    auto call = context.call;
    call.deadline = std::min(call.deadline, std::chrono::steady_clock::now() + limit_);
    const auto owners = owners_.find(call, context.log);
    for (const auto& port : wanted) {
      for (const auto& owner : owners) {
        for (const auto& binding : owner.bindings) {
          if (meets(binding, port)) conflicts.add(owner, binding, port);
        }
      }
    }
    for (const auto& port : wanted) {
      for (const auto& socket : tables.sockets) {
        const bool same = socket.port == port.port && socket.protocol == port.protocol;
        if (same && socket.address.overlaps(port.address)) conflicts.add(socket);
      }
    }
  }
  return nlohmann::json{
      {"supported", true}, {"hostSocketProbeSupported", tables.complete}, {"conflicts", conflicts.take()}};
}

}  // namespace cattle::handlers
