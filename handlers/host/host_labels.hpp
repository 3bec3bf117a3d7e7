// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/host/engine_facts.hpp"

#include <map>
#include <optional>
#include <string>

namespace cattle::handlers {

/// Where the labels of a host come from (6.4).
struct HostLabelSources {
  std::string proc;
  std::string kvm_device = "/dev/kvm";
  std::string agent_image;
  std::string cloud_file;  ///< `info.json` of the cloud provider's detection; empty: not to be read.
};

/// Labels that a ping reports. What can't be told is left out, and only that (the originals drop all).
[[nodiscard]] std::map<std::string, std::string> host_labels(const HostLabelSources& sources,
                                                             const std::optional<EngineFacts>& engine);

/// "6.18.44" from `proc`/version; empty when unknown.
[[nodiscard]] std::string kernel_version(const std::string& proc);

/// The `label` object of a cloud file; empty when there is no such file or it isn't one.
[[nodiscard]] std::map<std::string, std::string> read_cloud_labels(const std::string& file);

}  // namespace cattle::handlers
