// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/json_fields.hpp"

#include <optional>
#include <string>

namespace cattle::handlers {

/// Who an instance is: all that finding its container takes (3.1). Decoding one never fails on a setting of
/// the instance. The instance may be `removed`: its container must still be found (R53).
struct InstanceReference {
  std::string id;  ///< Of the row, as text.
  std::string uuid;
  std::string name;
  std::string external_id;  ///< Docker's id once the server has learned it.
};

[[nodiscard]] InstanceReference decode_instance_reference(const JsonFields& instance);

}  // namespace cattle::handlers
