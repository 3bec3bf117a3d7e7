// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "handlers/context.hpp"
#include "handlers/model/instance_reference.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cattle::handlers {

/// Every container made for an instance carries the instance's uuid here (R40).
inline constexpr const char* kUuidLabel = "io.rancher.container.uuid";

/// A container found for an instance, with whatever the look-up has already read of it.
struct ContainerMatch {
  std::string id;
  std::vector<std::string> names;  ///< Each with its leading slash.
  bool running = false;            ///< As the engine's State.Running: also when paused or restarting.
  std::map<std::string, std::string> labels;
  std::optional<docker::Container> inspected;      ///< Present when an inspect found it.
  std::optional<docker::ContainerSummary> listed;  ///< Present when a list found it.
};

/// Whether a container without uuid label that is *called* like the instance's uuid counts (3.1, rule 2).
enum class NameRule : std::uint8_t {
  ignored,  ///< Where a container is created when none is found (R41).
  counts    ///< One call more when nothing else was found.
};

/// The container of externalId (one inspect) where it carries the uuid; else by the uuid label (one filtered
/// list), which goes before an id without it; else by name as `rule` says. Never walks over all containers.
/// An empty uuid matches nothing. nullopt: there is none, which is a normal answer.
[[nodiscard]] std::optional<ContainerMatch> find_container(const docker::Client& engine,
                                                           const InstanceReference& instance, NameRule rule,
                                                           const docker::Call& call);

/// From here on the log's lines carry this container, and one line says what Docker calls it.
void name_in_log(const std::string& docker_id, const std::string& docker_name, const Context& context);
void name_in_log(const ContainerMatch& match, const Context& context);

[[nodiscard]] ContainerMatch match_of(docker::Container container);
[[nodiscard]] ContainerMatch match_of(docker::ContainerSummary entry);

/// The name without its slash, "" when there is none. The engine lists a container's aliases in the
/// containers that link to it, too, and first ("/web/db", "/db"); they come and go with those.
[[nodiscard]] std::string own_name(const std::vector<std::string>& names);

/// Value of a label, "" when absent.
[[nodiscard]] std::string label_of(const std::map<std::string, std::string>& labels, const std::string& key);

}  // namespace cattle::handlers
