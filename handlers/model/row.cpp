// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/row.hpp"

namespace cattle::handlers {

bool is_removed(const JsonFields& row) {
  if (row.has("removed")) return true;
  const auto state = text_or_empty(row.document(), "state");
  return state == "removed" || state == "purged";
}

}  // namespace cattle::handlers
