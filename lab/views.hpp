// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/store.hpp"

#include <string>

namespace cattle::lab {

/// How an API client sees a row: API ids, ISO times beside epoch ms, transitioning, links and no secrets. A
/// stack is a `stack` over v2-beta and an `environment` over v1, ids and all (E20). `base` is the URL up to
/// and with the version.
[[nodiscard]] nlohmann::json view(Store& store, const Row& row, const std::string& version,
                                  const std::string& base);
/// What the API calls the type of a row.
[[nodiscard]] std::string api_type(const Row& row, const std::string& version);
[[nodiscard]] std::string api_id_of(const Row& row, const std::string& version);

}  // namespace cattle::lab
