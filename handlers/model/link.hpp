// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cattle::handlers {

struct LinkPort {
  std::int64_t private_port = 0;
  std::string protocol = "tcp";
};

/// A row of `instance.instanceLinks`; becomes environment variables (2.11).
struct InstanceLink {
  std::string link_name;
  std::vector<std::string> instance_names;
  std::vector<LinkPort> ports;
  std::string target_uuid;
  std::vector<std::string> target_environment;  ///< "KEY=value" of the target's own container.
};

/// Removed rows are left out (R53).
[[nodiscard]] std::vector<InstanceLink> decode_links(const JsonFields& instance);

}  // namespace cattle::handlers
