// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace cattle::http {

/// Which certificate authorities a client trusts. Exactly one member is set; both empty when the machine has
/// no store.
struct CaBundle {
  std::string file;  ///< PEM file for libcurl to read (and to cache, which it does for files only).
  std::string pem;   ///< Assembled in memory, when extra authorities are to be added.
};

/// `ca_file` or, when it is empty, the system's store; with those of `extra_files` that exist.
/// Throws TransportError::tls when `ca_file` is given but can't be read.
[[nodiscard]] CaBundle find_ca_bundle(const std::string& ca_file,
                                      const std::vector<std::string>& extra_files);

}  // namespace cattle::http
