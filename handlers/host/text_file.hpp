// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace cattle::handlers {

/// Whole content, at most `limit` bytes of it; nullopt when it can't be read. Made for /proc and /sys, whose
/// files report no size.
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path,
                                                        std::size_t limit = 1U << 20U);

/// What can't be looked at counts as missing.
[[nodiscard]] bool file_exists(const std::string& path);

enum class WhenPresent : std::uint8_t { replace, keep };

/// Puts a file in place in one step, so that nobody ever reads half of it. With `keep`, a file that another
/// process put there first stays and false is returned. The directory must exist. Throws std::system_error.
bool place_text_file(const std::string& path, const std::string& content, mode_t mode,
                     WhenPresent when_present);

}  // namespace cattle::handlers
