// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/compute/container_spec.hpp"
#include "handlers/json_fields.hpp"
#include "handlers/model/instance.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace cattle::handlers {

/// How an instance is attached to the network; decides what else it may have (2.10).
enum class NetworkKind : std::uint8_t { bridge, host, none, container, cni };

/// A specification in the making: every concern reads the instance and writes its part of the create body.
/// What is unset is left out of the body, which the engine reads as the zero value.
struct SpecDraft {
  SpecDraft(const Instance& the_instance, const SpecFacts& the_facts);

  const Instance& instance;
  const SpecFacts& facts;
  JsonFields settings;  ///< `data.fields`.
  NetworkKind network;
  nlohmann::json config = nlohmann::json::object();       ///< Top level of the body.
  nlohmann::json host_config = nlohmann::json::object();  ///< HostConfig of the body.
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> labels;
  std::vector<std::string> warnings;

  /// The engine itself is of API version `wanted` or newer, whatever version we ask in: it knows a field in
  /// its body by its own age, not by the request's (seen on 20.10: StopTimeout and Init are honoured in a
  /// body sent to /v1.24).
  [[nodiscard]] bool engine_at_least(const std::string& wanted) const;
  [[nodiscard]] bool supports_ports() const { return network == NetworkKind::bridge; }
};

/// A field of Rancher's that the engine takes as it is, under a name of its own.
struct FieldName {
  const char* field;
  const char* docker;
};

// One function a concern, each in the file of its name. The order matters where a comment says so.
void add_config_fields(SpecDraft& draft);       // spec_config.cpp
void add_command(SpecDraft& draft);             // spec_command.cpp
void add_health_check(SpecDraft& draft);        // spec_health_check.cpp
void add_host_config_fields(SpecDraft& draft);  // spec_host_config.cpp
void add_devices(SpecDraft& draft);             // spec_devices.cpp
void add_block_io(SpecDraft& draft);            // spec_devices.cpp
void add_resources(SpecDraft& draft);           // spec_resources.cpp
void add_network(SpecDraft& draft);             // spec_network.cpp
void add_dns(SpecDraft& draft);                 // spec_dns.cpp
void add_ports(SpecDraft& draft);               // spec_ports.cpp
void add_mounts(SpecDraft& draft);              // spec_mounts.cpp
void add_labels(SpecDraft& draft);  // spec_labels.cpp; reads `data.fields.labels`, then lays ours over them
// The environment grows in this order: a later source never replaces an earlier one, but the proxy's, which
// always does.
void add_environment(SpecDraft& draft);         // spec_config.cpp
void add_link_environment(SpecDraft& draft);    // spec_links.cpp
void add_proxy_environment(SpecDraft& draft);   // spec_agent_environment.cpp
void add_server_environment(SpecDraft& draft);  // spec_agent_environment.cpp

/// The nic that names the network: the first one, or nullptr.
[[nodiscard]] const Nic* first_nic(const Instance& instance);

/// `PathOnHost` of DEFAULT_DISK's place in `blkioDeviceOptions`.
inline constexpr const char* kDefaultDisk = "DEFAULT_DISK";
/// Where a user's bind means the engine's data wherever that really is (H63).
inline constexpr const char* kUsualDockerRoot = "/var/lib/docker";
/// True when the host's own search domains belong behind (or before) the instance's (2.7).
[[nodiscard]] bool wants_host_search_domains(const Instance& instance);

}  // namespace cattle::handlers
