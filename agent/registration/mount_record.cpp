// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/mount_record.hpp"

#include "config/state_file.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace cattle::agent::registration {
namespace {

constexpr auto kSharedMounts = "/var/lib/rancher/state/shared-mounts";
constexpr std::array<std::pair<std::string_view, Before>, 3> kBeforeWords{
    {{"bound", Before::no_mount}, {"was-private", Before::own_private}, {"was-slave", Before::own_slave}}};

/// Mounts don't outlive a boot, and what has a mount's number in the next one is another.
std::string this_boot() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  return id;
}

void write_record(const std::vector<SharedMount>& mounts) {
  constexpr mode_t kMode = 0644;
  const auto boot = this_boot();
  std::ostringstream text;
  for (const auto& mount : mounts) {
    const auto* const word = std::find_if(kBeforeWords.begin(), kBeforeWords.end(),
                                          [&](const auto& entry) { return entry.second == mount.before; });
    text << boot << ' ' << mount.id << ' ' << word->first << ' ' << mount.directory << '\n';
  }
  config::write_state_file(kSharedMounts, text.str(), kMode);
}

std::vector<SharedMount> records_without(const std::string& id) {
  auto mounts = recorded_mounts();
  std::erase_if(mounts, [&](const SharedMount& mount) { return mount.id == id; });
  return mounts;
}

}  // namespace

std::optional<Mount> mount_at(const std::string& directory, pid_t pid) {
  std::optional<Mount> found;
  std::ifstream table("/proc/" + (pid == 0 ? "self" : std::to_string(pid)) + "/mountinfo");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    Mount mount;
    std::string other;
    std::string target;
    fields >> mount.id >> other >> other >> other >> target >> other;
    if (target != directory) continue;
    while (fields >> other && other != "-") {
      mount.shared = mount.shared || other.starts_with("shared:");
      mount.slave = mount.slave || other.starts_with("master:");
    }
    found = std::move(mount);
  }
  return found;
}

std::vector<SharedMount> recorded_mounts() {
  std::vector<SharedMount> found;
  const auto now = this_boot();
  std::ifstream in(kSharedMounts);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    SharedMount mount;
    std::string boot;
    std::string word;
    fields >> boot >> mount.id >> word >> mount.directory;
    const auto* const known = std::find_if(kBeforeWords.begin(), kBeforeWords.end(),
                                           [&](const auto& entry) { return entry.first == word; });
    if (boot != now || mount.directory.empty() || known == kBeforeWords.end()) continue;
    mount.before = known->second;
    found.push_back(std::move(mount));
  }
  return found;
}

void record_mount(const SharedMount& mount) {
  auto mounts = records_without(mount.id);
  mounts.push_back(mount);
  write_record(mounts);
}

void forget_mount(const std::string& id) {
  write_record(records_without(id));
}

std::vector<SharedMount> shared_by_us(pid_t pid) {
  auto mounts = recorded_mounts();
  std::erase_if(mounts, [pid](const SharedMount& mount) {
    const auto now = mount_at(mount.directory, pid);
    return !now || now->id != mount.id;
  });
  return mounts;
}

}  // namespace cattle::agent::registration
