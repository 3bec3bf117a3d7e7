// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cattle::config {

/// One identity of this host that lasts over restarts (H120). `given` (from a variable) wins and replaces the
/// file's content; otherwise the file's content, white space trimmed; a missing or empty file gets a new UUID
/// v4, the latter with a warning: the host was another one before. The file is replaced atomically. Throws
/// ConfigError when it can't be read or written, or when its content or `given` is no identity at all: a new
/// one would make a second host at the server, so a person has to decide.
[[nodiscard]] std::string identity(const std::filesystem::path& file, const std::optional<std::string>& given,
                                   std::vector<std::string>& warnings);

/// What `text` holds between white space, if that is an identity: one word of printable characters, not only
/// a UUID, since operators set identities of their own, and servers keep what they were told first.
[[nodiscard]] std::optional<std::string> identity_in(const std::string& text);

/// The first part of a UUID, as a program leaves it in a file that writes in place and is cut off: another
/// host to the server, so that identity() refuses it there.
[[nodiscard]] bool is_cut_off_identity(const std::string& text);

/// The same as identity() without writing anything; "unknown" when there is none yet.
[[nodiscard]] std::string known_identity(const std::filesystem::path& file,
                                         const std::optional<std::string>& given);

}  // namespace cattle::config
