// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <string>

namespace cattle::config {

/// PASTURESTACK_HOME, PLATFORM_HOME, CATTLE_HOME, else `<base>/cattle`; but where only `<base>/pasturestack`
/// holds identity files, that one: the fork's default, and a host must stay the host that the server knows
/// (S17).
[[nodiscard]] std::string home_directory(const Environment& environment, const std::filesystem::path& base);

}  // namespace cattle::config
