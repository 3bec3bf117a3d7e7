// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/network.hpp"

#include "handlers/model/row.hpp"

#include <algorithm>
#include <cctype>

namespace cattle::handlers {
namespace {

/// Docker's keys have the protocol in lower case; null is tcp, as for `docker run -p`.
std::string decode_protocol(const JsonFields& port) {
  std::string protocol = port.text("protocol");
  if (protocol.empty()) return "tcp";
  std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return protocol;
}

Nic decode_nic(const JsonFields& nic) {
  Nic decoded;
  decoded.device_number = nic.integer("deviceNumber");
  decoded.mac_address = nic.text("macAddress");
  const JsonFields network = nic.object("network");
  decoded.network_kind = network.text("kind");
  decoded.network_name = network.text("name");
  for (const JsonFields& address : nic.objects("ipAddresses")) {
    decoded.ip_addresses.push_back(
        {address.text("address"), address.text("role"), address.object("subnet").integer("cidrSize")});
  }
  for (const JsonFields& service : network.objects("networkServices")) {
    decoded.network_services.push_back(service.text("kind"));
  }
  return decoded;
}

}  // namespace

std::vector<Port> decode_ports(const JsonFields& instance) {
  std::vector<Port> ports;
  for (const JsonFields& port : instance.objects("ports")) {
    if (is_removed(port)) continue;
    ports.push_back({port.integer("privatePort"), port.integer("publicPort"), decode_protocol(port),
                     port.object("data").object("fields").text("bindAddress"), port.path()});
  }
  return ports;
}

std::vector<Nic> decode_nics(const JsonFields& instance) {
  std::vector<Nic> nics;
  for (const JsonFields& nic : instance.objects("nics")) {
    if (!is_removed(nic)) nics.push_back(decode_nic(nic));
  }
  return nics;
}

}  // namespace cattle::handlers
