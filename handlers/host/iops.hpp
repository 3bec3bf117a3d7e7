// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace cattle::handlers {

/// Operations a second of one disk, as fio measured them.
struct DiskIops {
  double read = 0;
  double write = 0;
};

/// Disks by device ("/dev/sda"), from `read.json` and `write.json` in `dir` (6.6). Missing or unreadable
/// files: empty.
[[nodiscard]] std::map<std::string, DiskIops> read_iops(const std::string& dir);

/// The device behind `DEFAULT_DISK`: the first measured one; empty when nothing was measured.
[[nodiscard]] std::string default_disk(const std::string& dir);

}  // namespace cattle::handlers
