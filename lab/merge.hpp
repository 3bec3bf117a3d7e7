// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cattle::lab {

/// Takes the part of a reply that belongs to `row` over into it (cattle-protocol 4.5): only columns that
/// exist, a key with a leading '+' merges maps, at every depth below it likewise; everything else overwrites,
/// also with null.
void merge_reply(nlohmann::json& row, const nlohmann::json& update);

}  // namespace cattle::lab
