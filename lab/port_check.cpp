// SPDX-License-Identifier: Apache-2.0
// PastureStack only: before a container with public ports is made, its hosts are asked
// (pasturestack 3.3, 3.4; E15).
#include "lab/instances.hpp"
#include "lab/port_spec.hpp"

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

json wanted_ports(const json& spec) {
  json out = json::array();
  const auto ports = spec.find("ports");
  if (ports == spec.end() || !ports->is_array()) return out;
  for (const auto& entry : *ports) {
    try {
      const PortSpec port = parse_port_spec(entry.is_string() ? entry.get<std::string>() : entry.dump());
      if (!port.public_port) continue;
      std::string address = port.address.empty() ? "0.0.0.0" : port.address;
      if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
      out.push_back(
          {{"bindAddress", address}, {"publicPort", *port.public_port}, {"protocol", port.protocol}});
    } catch (const PortSpecError& error) {
      throw OperationError(422, "PortWrongFormat", error.what());
    }
  }
  return out;
}

/// Blocks the creation, by the rules of the fork's own judgement.
bool blocks(const json& conflict, Store& store) {
  if (!conflict.is_object() || !conflict.contains("publicPort") || !conflict.contains("protocol"))
    return false;
  static constexpr std::size_t kShortId = 12;
  const std::string container = text(conflict, "containerId");
  for (const Row* instance : store.all("instance")) {
    const std::string known = text(*instance, "externalId");
    if (container.size() >= kShortId && !known.empty() && !removed(*instance) &&
        known.starts_with(container.substr(0, kShortId))) {
      return false;
    }
  }
  const std::string state = text(conflict, "state");
  return state != "stopped" && state != "exited";
}

}  // namespace

asio::awaitable<void> Instances::check_ports(std::int64_t project, json spec, Calls& calls) {
  json ports = wanted_ports(spec);
  const Row* host = host_for(p_.store, project, spec.contains("hostId") ? spec.at("hostId") : json(nullptr));
  if (p_.flavour != Flavour::pasturestack || ports.empty() || host == nullptr) co_return;
  CallSpec call;
  call.name = "host.port.check";
  call.resource_type = "host";
  call.resource_id = api_id("host", id_of(*host));
  call.data = {{"ports", ports}};
  call.agent = host->at("agentId").get<std::int64_t>();
  call.timeout = p_.settings.port_check_timeout;
  const Outcome outcome = co_await calls.call(std::move(call));
  // No answer, an error, or an agent that does not know the question: unknown, and the creation goes on.
  if (outcome.answer != Answer::success) co_return;
  const json data = outcome.reply.value("data", json::object());
  if (!data.value("supported", false)) co_return;
  for (const auto& conflict : data.value("conflicts", json::array())) {
    if (blocks(conflict, p_.store)) {
      throw OperationError(422, "PortConflict",
                           "public port " + conflict.at("publicPort").dump() + " is in use");
    }
  }
}

}  // namespace cattle::lab
