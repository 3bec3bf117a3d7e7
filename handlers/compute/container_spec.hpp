// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/image.hpp"
#include "handlers/model/instance.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cattle::handlers {

/// What the specification needs beside the event. Gathered before, so that making it touches nothing.
struct SpecFacts {
  std::string engine_api_version;  ///< The engine's own newest: "1.41". Says what it knows and refuses (S48).
  std::string used_api_version;    ///< What we ask in: says where the MAC address belongs.
  std::string docker_root_dir = "/var/lib/docker";  ///< Info::root_dir; needed when SpecNeeds says so.
  std::vector<std::string> host_search_domains;     ///< The host's resolv.conf, in file order.
  std::vector<std::pair<std::string, std::string>> proxy_environment;  ///< The agent's own, non-empty ones.
  std::string config_url;                                              ///< HostOptions::config_url.
  int api_proxy_port = 9342;
  std::string host_id;               ///< InstanceHostMap::host_id.
  std::string network_container_id;  ///< Docker id found for `instance.network_container`; empty: none found.
  std::vector<std::string> volumes_from_ids;       ///< Docker ids found for `instance.volumes_from`.
  std::map<std::string, std::string> flex_mounts;  ///< Flex volume name → its driver's mount point.
  std::string default_disk;                        ///< Device behind DEFAULT_DISK; empty: not known.
};

/// Which facts cost a call, and whether this instance needs them.
struct SpecNeeds {
  bool docker_root_dir = false;
  bool host_search_domains = false;
  bool default_disk = false;
};
[[nodiscard]] SpecNeeds spec_needs(const Instance& instance);

struct ContainerSpec {
  std::string name;                      ///< `?name=` of the create call.
  std::string image;                     ///< Image of the body.
  nlohmann::json body;                   ///< Whole create body; the CNI entrypoint isn't wrapped yet.
  std::vector<std::string> warnings;     ///< For the log: what was left out or changed, and why.
  std::set<std::string> unknown_fields;  ///< Names in `data.fields` that no server of ours is known to send.
  bool wants_cni_wait = false;           ///< wrap_cni_entrypoint() before create.
  bool pull_always = false;              ///< Label io.rancher.container.pull_image=always (H69).
};

/// Pure. Throws RequestError with the JSON path for a used field of the wrong type, and for an empty image
/// name (H19).
[[nodiscard]] ContainerSpec make_container_spec(const Instance& instance, const SpecFacts& facts);

/// Name of the container: "r-<name>-<first part of uuid>", or "r-<uuid>" where the name is none that Docker
/// takes (H20, H21).
[[nodiscard]] std::string container_name(const InstanceReference& instance);

/// True when wrapping needs the image's own entrypoint and command (inspect it first; absent means "pull
/// it").
[[nodiscard]] bool cni_wrap_needs_image(const nlohmann::json& body);

/// Puts the program that waits for the network before the entrypoint, and its volume beside the binds (2.14).
/// Pure and idempotent, so it may run again before a second create. `image` is needed where
/// cni_wrap_needs_image() says so.
[[nodiscard]] nlohmann::json wrap_cni_entrypoint(nlohmann::json body,
                                                 const std::optional<docker::Image>& image);

}  // namespace cattle::handlers
