// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_network.hpp"

#include "docker-client/types/engine.hpp"
#include "handlers/compute/spec_draft.hpp"

#include <algorithm>

namespace cattle::handlers {
namespace {

/// The container's own name stands in for an id that we could not find; the engine then says what is missing
/// (H50).
std::string shared_network_mode(const SpecDraft& draft) {
  if (!draft.facts.network_container_id.empty()) return "container:" + draft.facts.network_container_id;
  return "container:" + container_name(*draft.instance.network_container);
}

void add_mac_address(SpecDraft& draft) {
  const std::string mac = mac_address(draft.instance);
  if (mac.empty()) return;
  if (docker::api_at_least(draft.facts.used_api_version, "1.44")) {
    draft.config["NetworkingConfig"]["EndpointsConfig"]["bridge"]["MacAddress"] = mac;
  } else {
    draft.config["MacAddress"] = mac;
  }
}

}  // namespace

std::string mac_address(const Instance& instance) {
  const auto nic = std::min_element(
      instance.nics.begin(), instance.nics.end(),
      [](const Nic& one, const Nic& other) { return one.device_number < other.device_number; });
  return nic == instance.nics.end() ? std::string{} : nic->mac_address;
}

std::string primary_address(const Instance& instance) {
  const Nic* nic = first_nic(instance);
  if (nic == nullptr) return {};
  for (const IpAddress& ip : nic->ip_addresses) {
    if (ip.role == "primary" && !ip.address.empty() && ip.cidr_size != 0) {
      return ip.address + "/" + std::to_string(ip.cidr_size);
    }
  }
  return {};
}

void add_network(SpecDraft& draft) {
  switch (draft.network) {
    case NetworkKind::host:
      draft.host_config["NetworkMode"] = "host";
      break;
    case NetworkKind::none:
      draft.host_config["NetworkMode"] = "none";
      draft.config["NetworkDisabled"] = true;
      break;
    case NetworkKind::container:
      if (draft.instance.network_container) draft.host_config["NetworkMode"] = shared_network_mode(draft);
      break;
    case NetworkKind::cni:
      // Not NetworkDisabled: the engine would leave resolv.conf alone then.
      draft.host_config["NetworkMode"] = "none";
      break;
    case NetworkKind::bridge:
      add_mac_address(draft);
      break;
  }
}

}  // namespace cattle::handlers
