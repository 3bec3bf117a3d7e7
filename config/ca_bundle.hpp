// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cattle::config {

/// The first of `candidates` that exists; empty when none does.
[[nodiscard]] std::string first_existing(const std::vector<std::filesystem::path>& candidates);

/// CAs that are trusted unless SSL_CERT_FILE says otherwise: the system's bundle wherever distributions keep
/// it, else the one of our own package, beside the program or one level above. Empty when there is none.
[[nodiscard]] std::string default_ca_bundle();

}  // namespace cattle::config
