// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <algorithm>
#include <utility>

namespace cattle::handlers {
namespace {

/// "/path", "source:/path" or "source:/path:mode"; the mode is free text.
struct Mount {
  std::string source;
  std::string path;
  std::string mode = "rw";
};

Mount mount_of(const std::string& text) {
  const std::size_t first = text.find(':');
  if (first == std::string::npos) return {{}, text};
  const std::size_t second = text.find(':', first + 1);
  Mount mount{text.substr(0, first),
              text.substr(first + 1, second == std::string::npos ? second : second - first - 1)};
  if (second != std::string::npos) mount.mode = text.substr(second + 1);
  return mount;
}

void add_bind(SpecDraft& draft, const std::string& source, const std::string& path, const std::string& mode) {
  draft.config["Volumes"][path] = nlohmann::json::object();
  const std::string bind = source + ":" + path + ":" + mode;
  auto& binds = draft.host_config["Binds"];
  // The engine refuses two mounts on one path; the same line twice is harmless to the user who wrote it.
  if (std::find(binds.begin(), binds.end(), bind) == binds.end()) binds.push_back(bind);
}

void add_mount(SpecDraft& draft, const Mount& mount) {
  if (mount.source.empty()) {
    draft.config["Volumes"][mount.path] = nlohmann::json::object();
    return;
  }
  // A flex volume is no volume of the engine's: what its driver has mounted is bound.
  if (const auto flex = draft.facts.flex_mounts.find(mount.source); flex != draft.facts.flex_mounts.end()) {
    add_bind(draft, flex->second, mount.path, mount.mode);
    return;
  }
  const std::string& root = draft.facts.docker_root_dir;
  if (mount.source == kUsualDockerRoot && mount.path == kUsualDockerRoot && !root.empty() &&
      root != kUsualDockerRoot) {
    add_bind(draft, root, kUsualDockerRoot, mount.mode);
    add_bind(draft, root, root, mount.mode);
    return;
  }
  add_bind(draft, mount.source, mount.path, mount.mode);
}

}  // namespace

void add_mounts(SpecDraft& draft) {
  for (const std::string& volume : draft.settings.texts("dataVolumes").value_or(std::vector<std::string>{})) {
    if (!volume.empty()) add_mount(draft, mount_of(volume));
  }
  if (!draft.facts.volumes_from_ids.empty()) draft.host_config["VolumesFrom"] = draft.facts.volumes_from_ids;
}

}  // namespace cattle::handlers
