// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "handlers/model/instance.hpp"

#include <string>

namespace cattle::handlers {

/// MAC address of the nic with the lowest device number; may be empty (H51).
[[nodiscard]] std::string mac_address(const Instance& instance);

/// "<address>/<prefix>" of the first nic's primary address; empty where a part of it is missing (H52).
[[nodiscard]] std::string primary_address(const Instance& instance);

}  // namespace cattle::handlers
