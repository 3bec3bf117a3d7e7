// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace cattle::agent::doctor {

/// A path on a file system that does not answer (a network's whose server is gone, mostly): whoever looks at
/// it hangs, and so would every other check. None of it is looked at by this process, but by a child that is
/// given up after `limit`; the first that hangs is found.
[[nodiscard]] Findings check_mounts_answer(
    const std::vector<std::string>& paths,
    std::chrono::milliseconds limit = std::chrono::milliseconds(2'000));

}  // namespace cattle::agent::doctor
