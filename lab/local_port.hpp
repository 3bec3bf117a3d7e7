// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cattle::lab {

/// A TCP port of this machine that nobody listened at a moment ago. Throws std::system_error.
[[nodiscard]] int free_port();
/// Whether somebody accepts connections at it on 127.0.0.1.
[[nodiscard]] bool accepts(int port);

}  // namespace cattle::lab
