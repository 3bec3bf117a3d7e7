// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"
#include "handlers/model/image.hpp"
#include "handlers/model/instance_reference.hpp"
#include "handlers/model/link.hpp"
#include "handlers/model/network.hpp"
#include "handlers/model/volume.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cattle::handlers {

/// An instance row with its children. Its settings (`data.fields`) stay JSON: only making the container's
/// specification reads them, so that a stop or a removal never fails on one of them.
struct Instance {
  std::string path;  ///< Where it stands in the event, for error texts: "data.instanceHostMap.instance".
  InstanceReference reference;
  bool native = false;  ///< Started outside Rancher.
  std::string hostname;
  std::optional<std::int64_t> agent_id;  ///< Set when the container is itself an agent; 0 counts as unset.
  bool system = false;
  std::string system_container;  ///< Python-era: "NetworkAgent", "LoadBalancerAgent".
  std::int64_t memory_reservation = 0;
  std::int64_t milli_cpu_reservation = 0;
  Image image;
  std::vector<Port> ports;
  std::vector<Nic> nics;
  std::vector<InstanceLink> links;
  std::optional<InstanceReference> network_container;
  std::vector<InstanceReference> volumes_from;  ///< `dataVolumesFromContainers`.
  std::vector<Volume> data_volume_mounts;       ///< `volumesFromDataVolumeMounts`.
  std::map<std::string, std::string> labels;    ///< The row's own; those of the container are in `fields`.
  nlohmann::json ipsec;                         ///< `data.ipsec` of an agent, object or null.
  nlohmann::json fields;                        ///< `data.fields`, object or null.

  /// A view on `fields` with its path; borrows from this instance.
  [[nodiscard]] JsonFields settings() const;
  /// `F.imageUuid` without "docker:"; empty when there is none (H19 is the caller's).
  [[nodiscard]] std::string image_name() const;
  /// Label of `F.labels`, "" when absent.
  [[nodiscard]] std::string label(const std::string& key) const;
};

[[nodiscard]] Instance decode_instance(const JsonFields& instance);

/// `instanceHostMap` of the compute events.
struct InstanceHostMap {
  Instance instance;
  std::string host_id;  ///< Read only where the instance has ports per host (`ipsec`).
};

/// `data` is the event's. A missing map or instance is a RequestError.
[[nodiscard]] InstanceHostMap decode_instance_host_map(const nlohmann::json& data);
/// What starting a container that is there needs of it.
struct InstanceStart {
  std::string image_name;  ///< For texts only: empty when there is none, or one that could not be used.
  std::vector<Volume> data_volume_mounts;
};

/// As above, but nothing that only making a container uses: for one that is there and stopped.
[[nodiscard]] InstanceStart decode_instance_start(const nlohmann::json& data);
/// As above, but only who the instance is: for everything that doesn't make or start a container.
[[nodiscard]] InstanceReference decode_instance_host_map_reference(const nlohmann::json& data);

}  // namespace cattle::handlers
