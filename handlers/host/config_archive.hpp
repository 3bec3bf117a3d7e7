// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cattle::handlers {

/// A config item as the server packs it (packaging reference 9.2): gzip-ed tar with one top directory.
struct ConfigArchive {
  std::string version;      ///< "<revision>-<sourceRevision>"; acknowledged as it is.
  bool up_to_date = false;  ///< The server had nothing newer than what was named as current; no files then.
  /// Regular files by their path below the top directory ("content-home/etc/cattle/api.crt"), `version` and
  /// the sums left out.
  std::map<std::string, std::string> files;
};

/// Unpacks in memory and checks every sum: the SHA256 pair where there is one, else the SHA1 pair (S26). Also
/// takes the local form, where a line "version:<version>" stands before the package. Throws OperationError,
/// and says what is wrong: no archive, no sums, a wrong or missing sum, a path that leaves the top directory,
/// a link or device, more than 64 MiB.
[[nodiscard]] ConfigArchive read_config_archive(std::string_view bytes);

}  // namespace cattle::handlers
