// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace cattle::handlers {

/// What a process's network shows of one interface.
struct InterfaceAddress {
  bool exists = false;
  std::string address;  ///< First IPv4 address; "" when there is none.
};

/// Reads `<proc>/<pid>/net`: no change of namespace, so it needs no process or thread of its own. A process
/// that is gone has no interface.
[[nodiscard]] InterfaceAddress interface_address(const std::string& proc, std::int64_t pid,
                                                 const std::string& interface);

}  // namespace cattle::handlers
