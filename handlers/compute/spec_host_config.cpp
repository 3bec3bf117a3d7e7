// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <array>

namespace cattle::handlers {
namespace {

constexpr std::array kHostFlags = std::to_array<FieldName>({
    {"privileged", "Privileged"},
    {"readOnly", "ReadonlyRootfs"},
});

constexpr std::array kHostTexts = std::to_array<FieldName>({
    {"pidMode", "PidMode"},
    {"ipcMode", "IpcMode"},
    {"uts", "UTSMode"},
    {"usernsMode", "UsernsMode"},
    {"cgroupParent", "CgroupParent"},
    {"cgroup", "Cgroup"},
    {"volumeDriver", "VolumeDriver"},
});

constexpr std::array kLists = std::to_array<FieldName>({
    {"securityOpt", "SecurityOpt"},
    {"capAdd", "CapAdd"},
    {"capDrop", "CapDrop"},
    {"groupAdd", "GroupAdd"},
});

constexpr std::array kMaps = std::to_array<FieldName>({
    {"tmpfs", "Tmpfs"},
    {"sysctls", "Sysctls"},
    {"storageOpt", "StorageOpt"},
});

/// A part that is null leaves the engine's default in place (H40).
void add_log_config(SpecDraft& draft) {
  const JsonFields log = draft.settings.object("logConfig");
  const std::string driver = log.text("driver");
  const auto options = log.text_map("config");
  if (!driver.empty()) draft.host_config["LogConfig"]["Type"] = driver;
  if (options && !options->empty()) draft.host_config["LogConfig"]["Config"] = *options;
}

void add_restart_policy(SpecDraft& draft) {
  if (!draft.settings.has("restartPolicy")) return;
  const JsonFields policy = draft.settings.object("restartPolicy");
  draft.host_config["RestartPolicy"] = {{"Name", policy.text("name")},
                                        {"MaximumRetryCount", policy.integer("maximumRetryCount")}};
}

void add_init(SpecDraft& draft) {
  const auto init = draft.settings.optional_flag("runInit");
  if (!init) return;
  if (draft.engine_at_least("1.25")) {
    draft.host_config["Init"] = *init;
  } else if (*init) {
    draft.warnings.push_back(draft.settings.path_of("runInit") + " needs an engine of API 1.25 or newer");
  }
}

}  // namespace

void add_host_config_fields(SpecDraft& draft) {
  const JsonFields& settings = draft.settings;
  for (const auto& [field, docker] : kHostFlags) {
    if (settings.flag(field)) draft.host_config[docker] = true;
  }
  for (const auto& [field, docker] : kHostTexts) {
    if (std::string value = settings.text(field); !value.empty())
      draft.host_config[docker] = std::move(value);
  }
  for (const auto& [field, docker] : kLists) {
    if (auto list = settings.texts(field); list && !list->empty()) draft.host_config[docker] = *list;
  }
  for (const auto& [field, docker] : kMaps) {
    if (auto map = settings.text_map(field); map && !map->empty()) draft.host_config[docker] = *map;
  }
  add_log_config(draft);
  add_restart_policy(draft);
  add_init(draft);
}

}  // namespace cattle::handlers
