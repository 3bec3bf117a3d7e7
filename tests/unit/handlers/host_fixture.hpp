// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/host/engine_facts.hpp"

namespace cattle::handlers {

/// What the engine of Debian 12 tells about itself.
inline EngineFacts facts() {
  EngineFacts facts;
  facts.version = "20.10.24+dfsg1";
  facts.git_commit = "5d6db84";
  facts.operating_system = "Debian GNU/Linux 12 (bookworm)";
  facts.storage_driver = "overlay2";
  facts.storage_driver_status = {{"Backing Filesystem", "extfs"}};
  facts.root_dir = "/";
  return facts;
}

}  // namespace cattle::handlers
