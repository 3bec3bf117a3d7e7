// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cattle::lab {

enum class Digest { sha1, sha256 };

/// A gzip-ed GNU tar with one top directory: the files in their order, all 0644 and root's, then the two sum
/// files of the config server (SHA1SUMS and SHA1SUMSSUM, or the SHA256 pair). Throws std::runtime_error.
[[nodiscard]] std::string make_archive(const std::string& top,
                                       std::vector<std::pair<std::string, std::string>> files, Digest digest);
[[nodiscard]] std::string hex_digest(const std::string& bytes, Digest digest);

}  // namespace cattle::lab
