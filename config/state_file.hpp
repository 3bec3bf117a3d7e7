// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace cattle::config {

/// A state file can't be read or written; `what()` names path and cause, never content.
class StateFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whole content without white space at both ends; nullopt when there is no such file. Refuses more than 1
/// MiB.
[[nodiscard]] std::optional<std::string> read_state_file(const std::string& path);
/// The same with that white space: where a missing line end tells a half-written file.
[[nodiscard]] std::optional<std::string> read_state_file_as_it_is(const std::string& path);

/// What read_state_file() makes of a file's content.
[[nodiscard]] std::string without_space_around(const std::string& content);

/// What stands in a file's place and is none ("a directory", "a pipe or a device"): reading it might never
/// end. Empty for a file, and where nothing can be seen. Links are followed.
[[nodiscard]] std::string other_than_file(const std::string& path);

/// Replaces the file in one step: written beside it, synced, renamed, the directory synced. After a power cut
/// there is the old content or the new one, never a half. Makes missing directories with mode 0755.
void write_state_file(const std::string& path, const std::string& content, mode_t mode);

}  // namespace cattle::config
