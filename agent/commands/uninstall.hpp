// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

namespace cattle::agent::commands {

struct UninstallOptions {
  bool dry_run = false;  ///< Say what would go, touch nothing.
  bool containers =
      false;           ///< Also the containers that a server had us make (label io.rancher.container.uuid).
  bool state = false;  ///< Also identity, credentials, keys, downloads, log and the state volume: the host is
                       ///< a new one afterwards.
};

/// `cattle-agent uninstall`: removes agent containers, their helpers and the wait program's volume, unless
/// workload uses it. Never what an operator put beside ours, never a container without Rancher's label, never
/// a volume of a workload. 0, or 1 when something could not be removed.
[[nodiscard]] int uninstall(const UninstallOptions& options, const config::Environment& environment);

}  // namespace cattle::agent::commands
