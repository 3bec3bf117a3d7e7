// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/agent_container.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace cattle::handlers {
namespace {

constexpr std::array kProtectedNames{"/rancher-agent", "/pasturestack-node-agent"};
constexpr std::size_t kIdLength = 64;

/// The id in ".../containers/<id>/hostname", or "".
std::string id_in(const std::string& path) {
  static const std::string kFolder = "/containers/";
  const auto at = path.rfind(kFolder);
  if (at == std::string::npos) return {};
  const auto rest = path.substr(at + kFolder.size());
  const auto id = rest.substr(0, rest.find('/'));
  const bool whole = id.size() == kIdLength && id.find_first_not_of("0123456789abcdef") == std::string::npos;
  return whole ? id : std::string();
}

}  // namespace

bool AgentContainer::is(const std::string& id, const std::vector<std::string>& names) const {
  if (!own_id_.empty() && id == own_id_) return true;
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return std::find(kProtectedNames.begin(), kProtectedNames.end(), name) != kProtectedNames.end();
  });
}

std::string own_container_id(const std::string& mountinfo_path) {
  std::ifstream file(mountinfo_path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string mount_id;
    std::string parent;
    std::string device;
    std::string root;
    std::string mount_point;
    fields >> mount_id >> parent >> device >> root >> mount_point;
    // The host itself sees the mounts of all containers, but none on its own /etc/hostname.
    if (mount_point != "/etc/hostname") continue;
    if (auto id = id_in(root); !id.empty()) return id;
  }
  return {};
}

}  // namespace cattle::handlers
