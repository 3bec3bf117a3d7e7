// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace cattle::config {

/// The first of `candidates` that is a file; empty when none is.
[[nodiscard]] std::string first_existing(const std::vector<std::filesystem::path>& candidates);

/// CAs that are trusted unless SSL_CERT_FILE says otherwise: the system's bundle wherever distributions keep
/// it, else the one of our own package, beside the program or one level above. Empty when there is none.
[[nodiscard]] std::string default_ca_bundle();

/// SSL_CERT_FILE, else CURL_CA_BUNDLE; one that names no file (a pipe, a device or a directory is none) is
/// passed over with a warning, since with it no server could be trusted. Empty when neither will do: the
/// system's bundle then.
[[nodiscard]] std::string given_ca_bundle(const Environment& environment, std::vector<std::string>& warnings);

/// The server's own CA as registering stores it.
inline constexpr auto kServerCaFile = "/var/lib/rancher/etc/ssl/ca.crt";

/// What is trusted beside the bundle, where it exists: `server_ca`, what the servers' start scripts store,
/// and every *.crt that an operator put beside those, in `rancher` and `pasturestack` below `base`.
[[nodiscard]] std::vector<std::string> extra_ca_files(
    const std::string& server_ca = kServerCaFile,
    const std::filesystem::path& base = "/usr/local/share/ca-certificates");

}  // namespace cattle::config
