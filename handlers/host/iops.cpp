// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/iops.hpp"

#include "handlers/host/text_file.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace cattle::handlers {
namespace {

struct Measured {
  std::string device;
  double iops = 0;
};

/// One report of fio; `direction` is "read" or "write". Anything that isn't one counts as not measured: the
/// files are written by hand-started scripts, and a ping must not depend on them.
std::optional<Measured> read_report(const std::string& file, const char* direction) {
  const auto text = read_text_file(file);
  if (!text) return std::nullopt;
  const auto report = nlohmann::json::parse(*text, nullptr, false);
  const auto iops = nlohmann::json::json_pointer(std::string("/jobs/0/") + direction + "/iops");
  const auto name = nlohmann::json::json_pointer("/disk_util/0/name");
  if (report.is_discarded() || !report.contains(iops) || !report.contains(name)) return std::nullopt;
  if (!report.at(iops).is_number() || !report.at(name).is_string()) return std::nullopt;
  return Measured{"/dev/" + report.at(name).get<std::string>(), report.at(iops).get<double>()};
}

}  // namespace

std::map<std::string, DiskIops> read_iops(const std::string& dir) {
  std::map<std::string, DiskIops> disks;
  if (const auto read = read_report(dir + "/read.json", "read")) disks[read->device].read = read->iops;
  if (const auto write = read_report(dir + "/write.json", "write")) disks[write->device].write = write->iops;
  return disks;
}

std::string default_disk(const std::string& dir) {
  const auto disks = read_iops(dir);
  return disks.empty() ? std::string() : disks.begin()->first;
}

}  // namespace cattle::handlers
