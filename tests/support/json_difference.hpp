// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace cattle::support {

/// One line for each place where the documents differ, named by its JSON pointer; empty when they are equal.
[[nodiscard]] std::vector<std::string> json_difference(const nlohmann::json& expected,
                                                       const nlohmann::json& actual);

/// Puts "(masked)" in the place of every value that a pattern names. A pattern is a JSON pointer in which `*`
/// is any one key or index and `**` any number of them; what is not there stays absent, so that its presence
/// is still compared.
void mask(nlohmann::json& document, const std::vector<std::string>& patterns);

}  // namespace cattle::support
