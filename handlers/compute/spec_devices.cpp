// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace cattle::handlers {
namespace {

/// "host[:container[:permissions]]"; a path alone is itself inside (H35).
nlohmann::json device_of(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::string on_host = text.substr(0, first);
  std::string inside = on_host;
  std::string permissions = "rwm";
  if (first != std::string::npos) {
    const std::size_t second = text.find(':', first + 1);
    inside = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    if (second != std::string::npos) permissions = text.substr(second + 1);
  }
  return {{"PathOnHost", on_host}, {"PathInContainer", inside}, {"CgroupPermissions", permissions}};
}

struct BlockIoRow {
  const char* option;
  const char* docker;
  const char* value;
  std::int64_t highest;
};

// The engine keeps weights in 16 bits and rates without sign; what does not fit it refuses in the words of
// its own source.
constexpr std::int64_t kHighestWeight = std::numeric_limits<std::uint16_t>::max();
constexpr std::int64_t kAnyRate = std::numeric_limits<std::int64_t>::max();

constexpr std::array kBlockIo = std::to_array<BlockIoRow>({
    {"weight", "BlkioWeightDevice", "Weight", kHighestWeight},
    {"readIops", "BlkioDeviceReadIOps", "Rate", kAnyRate},
    {"writeIops", "BlkioDeviceWriteIOps", "Rate", kAnyRate},
    {"readBps", "BlkioDeviceReadBps", "Rate", kAnyRate},
    {"writeBps", "BlkioDeviceWriteBps", "Rate", kAnyRate},
});

}  // namespace

void add_devices(SpecDraft& draft) {
  const auto devices = draft.settings.texts("devices");
  if (!devices) return;
  for (const std::string& device : *devices) draft.host_config["Devices"].push_back(device_of(device));
}

void add_block_io(SpecDraft& draft) {
  if (const auto weight = draft.settings.integer_within("blkioWeight", 0, kHighestWeight); weight != 0) {
    draft.host_config["BlkioWeight"] = weight;
  }
  for (const auto& [name, options] : draft.settings.object_map("blkioDeviceOptions")) {
    const std::string device = name == kDefaultDisk ? draft.facts.default_disk : name;
    if (device.empty()) {
      draft.warnings.push_back(options.path() + " is left out: the host's default disk isn't known");
      continue;
    }
    for (const auto& [option, docker, value, highest] : kBlockIo) {
      if (const auto number = options.integer_within(option, 0, highest); number != 0) {
        draft.host_config[docker].push_back({{"Path", device}, {value, number}});
      }
    }
  }
}

}  // namespace cattle::handlers
