// SPDX-License-Identifier: Apache-2.0
#include "docker-client/types/engine.hpp"

#include "docker-client/types/decode.hpp"
#include "docker-client/types/fields.hpp"

#include <charconv>
#include <utility>

namespace cattle::docker {
namespace {

std::pair<int, int> numbers(const std::string& version) {
  std::pair<int, int> result{0, 0};
  const char* end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, result.first);
  if (major.ptr != end && *major.ptr == '.') std::from_chars(major.ptr + 1, end, result.second);
  return result;
}

}  // namespace

bool api_at_least(const std::string& version, const std::string& wanted) {
  return numbers(version) >= numbers(wanted);
}

Info decode_info(nlohmann::json document, const std::string& operation) {
  const Fields fields(document, operation);
  Info info;
  info.id = fields.text("ID");
  info.driver = fields.text("Driver");
  for (const auto& pair : fields.array("DriverStatus")) {
    if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
      info.driver_status.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
    }
  }
  info.operating_system = fields.text("OperatingSystem");
  info.kernel_version = fields.text("KernelVersion");
  info.root_dir = fields.text("DockerRootDir");
  info.cgroup_version = fields.text("CgroupVersion");
  info.cpus = fields.integer("NCPU");
  info.memory = fields.integer("MemTotal");
  info.raw = std::move(document);
  return info;
}

Version decode_version(const nlohmann::json& document, const std::string& operation) {
  const Fields fields(document, operation);
  Version version;
  version.version = fields.text("Version");
  version.git_commit = fields.text("GitCommit");
  version.api_version = fields.text("ApiVersion");
  version.min_api_version = fields.text("MinAPIVersion");
  version.kernel_version = fields.text("KernelVersion");
  return version;
}

Volume decode_volume(nlohmann::json document, const std::string& operation) {
  const Fields fields(document, operation);
  Volume volume;
  volume.name = fields.text("Name");
  volume.driver = fields.text("Driver");
  volume.mountpoint = fields.text("Mountpoint");
  volume.raw = std::move(document);
  return volume;
}

EngineEvent decode_event(const nlohmann::json& document, const std::string& operation) {
  const Fields fields(document, operation);
  const Fields actor = fields.object("Actor");
  EngineEvent event;
  event.type = fields.text("Type");
  event.action = fields.text("Action");
  event.actor_id = actor.text("ID");
  event.attributes = actor.text_map("Attributes");
  event.time = fields.integer("time");
  // S51: engines before API 1.22 have the flat members alone, and only containers and images there.
  if (event.action.empty()) event.action = fields.text("status");
  if (event.actor_id.empty()) event.actor_id = fields.text("id");
  const std::string from = fields.text("from");
  if (!from.empty()) event.attributes.emplace("image", from);
  if (event.type.empty()) event.type = from.empty() ? "image" : "container";
  return event;
}

}  // namespace cattle::docker
