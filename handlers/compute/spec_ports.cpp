// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"
#include "handlers/errors.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace cattle::handlers {
namespace {

constexpr std::int64_t kLargestPort = std::numeric_limits<std::uint16_t>::max();

void check_range(const Port& port) {
  const auto is_port = [](std::int64_t number) { return number >= 0 && number <= kLargestPort; };
  if (!is_port(port.private_port)) throw RequestError(port.path + ".privatePort: expected 1 to 65535");
  if (!is_port(port.public_port)) throw RequestError(port.path + ".publicPort: expected 0 to 65535");
}

void publish(SpecDraft& draft, const std::string& key, const std::string& address,
             const std::string& host_port) {
  draft.config["ExposedPorts"][key] = nlohmann::json::object();
  draft.host_config["PortBindings"][key].push_back({{"HostIp", address}, {"HostPort", host_port}});
}

/// Python-era servers run IPsec in an agent container and say per host which ports it gets (2.10); 1.6 runs
/// it as a stack and sends none of this.
void publish_ipsec(SpecDraft& draft) {
  const Instance& instance = draft.instance;
  if (!instance.agent_id) return;
  if (!instance.system_container.empty() && instance.system_container != "NetworkAgent") return;
  const Nic* nic = first_nic(instance);
  if (nic == nullptr || std::find(nic->network_services.begin(), nic->network_services.end(),
                                  "ipsecTunnelService") == nic->network_services.end()) {
    return;
  }
  const JsonFields ports =
      JsonFields(instance.ipsec, instance.path + ".data.ipsec").object(draft.facts.host_id);
  const auto isakmp = ports.integer_within("isakmp", 0, kLargestPort);
  const auto nat = ports.integer_within("nat", 0, kLargestPort);
  if (isakmp != 0) publish(draft, "500/udp", "0.0.0.0", std::to_string(isakmp));
  if (nat != 0) publish(draft, "4500/udp", "0.0.0.0", std::to_string(nat));
}

}  // namespace

void add_ports(SpecDraft& draft) {
  const bool publish_all = draft.settings.flag("publishAllPorts");
  if (!draft.supports_ports()) return;
  if (publish_all) draft.host_config["PublishAllPorts"] = true;
  for (const Port& port : draft.instance.ports) {
    if (port.private_port == 0) continue;
    check_range(port);
    // Without a public port the engine picks one, and the reply tells the server which (H46).
    const std::string host_port = port.public_port == 0 ? std::string{} : std::to_string(port.public_port);
    publish(draft, std::to_string(port.private_port) + "/" + port.protocol, port.bind_address, host_port);
  }
  publish_ipsec(draft);
}

}  // namespace cattle::handlers
