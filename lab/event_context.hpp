// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/processes.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace cattle::lab {

/// A process that runs inside another, for the context of an event (E7).
struct Nested {
  std::string process;  ///< imagestoragepoolmap.activate
  std::string logic;    ///< ImageStoragePoolMapActivate
  std::string type;     ///< imageStoragePoolMap
  std::int64_t id = 0;
  std::string path;  ///< What stands between the top process and this one:
                     ///< "->(InstanceStart)->volume.activate->(VolumeActivate)"
};

/// Of an event that the top process itself sends.
[[nodiscard]] nlohmann::json context_of(const Process& process, const std::string& logic);
[[nodiscard]] nlohmann::json context_of(const Process& process, const Nested& nested);
/// Of one that belongs to a process which the pool does not list.
[[nodiscard]] nlohmann::json loose_context(const std::string& process, const std::string& logic,
                                           const std::string& type, std::int64_t id);

}  // namespace cattle::lab
