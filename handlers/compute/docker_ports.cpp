// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/docker_ports.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace cattle::handlers {
namespace {

using docker::PortSummary;

constexpr int kHighestPort = 65'535;

bool known_to_server(const PortSummary& port) {
  return (port.type == "tcp" || port.type == "udp") && port.private_port > 0 &&
         port.private_port <= kHighestPort;
}

nlohmann::json bound_ports(const nlohmann::json& inspect) {
  return inspect.value(nlohmann::json::json_pointer("/HostConfig/PortBindings"), nlohmann::json());
}

bool was_asked_for(const PortSummary& port, const nlohmann::json& inspect) {
  const auto bound = bound_ports(inspect);
  const auto key = std::to_string(port.private_port) + "/" + port.type;
  if (!bound.is_object() || !bound.contains(key) || !bound.at(key).is_array()) return false;
  const auto number = std::to_string(port.public_port);
  return std::any_of(bound.at(key).begin(), bound.at(key).end(), [&number](const auto& binding) {
    return binding.is_object() && binding.value("HostPort", "") == number;
  });
}

/// Where the engine chooses the public port, it may choose another one for the IPv6 half of the same binding.
bool is_twin(const PortSummary& port, const std::vector<PortSummary>& all, const nlohmann::json& inspect) {
  if (port.ip != "::") return false;
  return std::any_of(all.begin(), all.end(), [&](const PortSummary& other) {
    if (other.ip.find(':') != std::string::npos || other.private_port != port.private_port ||
        other.type != port.type)
      return false;
    return other.public_port == port.public_port || (other.ip == "0.0.0.0" && !was_asked_for(port, inspect));
  });
}

std::string port_text(const PortSummary& port) {
  auto container_side = std::to_string(port.private_port) + "/" + port.type;
  if (port.public_port == 0) return container_side;
  auto published = std::to_string(port.public_port) + ":" + container_side;
  if (port.ip.empty()) return published;
  const bool v6 = port.ip.find(':') != std::string::npos;
  return (v6 ? "[" + port.ip + "]" : port.ip) + ":" + published;
}

void add_once(nlohmann::json& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

/// The container's configuration holds the image's exposed ports beside those of the event; the event's are
/// the bound ones. A bound port must not be named without its public half: the server would drop that from
/// the port's row.
nlohmann::json exposed_by_image(const nlohmann::json& inspect) {
  auto list = nlohmann::json::array();
  const auto exposed = inspect.value(nlohmann::json::json_pointer("/Config/ExposedPorts"), nlohmann::json());
  const auto bound = bound_ports(inspect);
  if (!exposed.is_object()) return list;
  for (const auto& [port, unused] : exposed.items()) {
    if (bound.is_object() && bound.contains(port)) continue;
    if (port.ends_with("/tcp") || port.ends_with("/udp")) list.push_back(port);
  }
  return list;
}

}  // namespace

nlohmann::json docker_ports(const std::vector<PortSummary>& ports, const nlohmann::json& inspect) {
  if (ports.empty()) return exposed_by_image(inspect);
  auto list = nlohmann::json::array();
  for (const auto& port : ports) {
    if (known_to_server(port) && !is_twin(port, ports, inspect)) add_once(list, port_text(port));
  }
  return list;
}

}  // namespace cattle::handlers
