// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/compute/container_spec.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/compute/instance_reply.hpp"
#include "handlers/context.hpp"
#include "handlers/model/instance.hpp"
#include "handlers/options.hpp"
#include "handlers/route.hpp"
#include "handlers/storage/image_pull.hpp"
#include "handlers/storage/volume_preparation.hpp"

#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace cattle::handlers {

/// compute.instance.activate (section 2): the instance's container runs afterwards, and the reply describes
/// it. What there is to do is read from the engine each time: running is answered, stopped is started,
/// missing is created and started (R42); a no-op event changes nothing (R43).
class InstanceActivate {
 public:
  struct Parts {
    const docker::Client& engine;
    const HostOptions& options;
    const InstanceReply& reply;
    const VolumePreparation& volumes;
    ImagePulls& pulls;
    EngineLane& lane;
  };

  explicit InstanceActivate(const Parts& parts) : parts_(parts) {}
  [[nodiscard]] std::optional<nlohmann::json> handle(const Event& event, Context& context) const;

 private:
  /// A container that is there, and whether this event made it.
  struct Made {
    std::string id;
    bool by_us = false;
  };

  [[nodiscard]] std::string start_existing(const InstanceStart& instance, const ContainerMatch& match,
                                           Context& context) const;
  [[nodiscard]] std::string create_and_start(const InstanceHostMap& map, Context& context) const;
  [[nodiscard]] SpecFacts gather(const InstanceHostMap& map, Context& context) const;
  [[nodiscard]] Made create(const Instance& instance, const ContainerSpec& spec, Context& context) const;
  [[nodiscard]] std::string create_once(const ContainerSpec& spec, Context& context) const;
  [[nodiscard]] Made adopt(const InstanceReference& instance, const ContainerSpec& spec,
                           const docker::Error& conflict, const Context& context) const;
  void start(const Made& container, const std::string& description, Context& context) const;
  void discard(const std::string& id, Context& context) const;
  void report(const ContainerSpec& spec, Context& context) const;

  Parts parts_;
  mutable std::mutex mutex_;
  mutable std::set<std::string>
      reported_fields_;  ///< Unknown settings already logged, each once in our life.
};

}  // namespace cattle::handlers
