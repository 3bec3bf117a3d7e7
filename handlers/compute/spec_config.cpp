// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"
#include "handlers/errors.hpp"

#include <array>

namespace cattle::handlers {
namespace {

constexpr std::array kConfigTexts = std::to_array<FieldName>({
    {"domainName", "Domainname"},
    {"user", "User"},
    {"stopSignal", "StopSignal"},
});

constexpr std::array kConfigFlags = std::to_array<FieldName>({
    {"tty", "Tty"},
    {"stdinOpen", "OpenStdin"},
});

/// Engines before 1.25 drop it without a word.
void add_stop_timeout(SpecDraft& draft) {
  const auto seconds = draft.settings.optional_integer("stopTimeout");
  if (!seconds) return;
  if (!draft.engine_at_least("1.25")) {
    draft.warnings.push_back(draft.settings.path_of("stopTimeout") + " needs an engine of API 1.25 or newer");
    return;
  }
  draft.config["StopTimeout"] = *seconds;
}

void add_working_directory(SpecDraft& draft) {
  std::string directory = draft.settings.text("workingDir");
  if (directory.empty()) directory = draft.settings.text("directory");  // its name before 1.0
  if (!directory.empty()) draft.config["WorkingDir"] = directory;
}

}  // namespace

void add_config_fields(SpecDraft& draft) {
  const std::string image = draft.instance.image_name();
  if (image.empty())
    throw RequestError(draft.settings.path_of("imageUuid") + ": the name of the image is empty");
  draft.config["Image"] = image;
  for (const auto& [field, docker] : kConfigTexts) {
    if (std::string value = draft.settings.text(field); !value.empty())
      draft.config[docker] = std::move(value);
  }
  for (const auto& [field, docker] : kConfigFlags) {
    if (draft.settings.flag(field)) draft.config[docker] = true;
  }
  // The engine refuses a name of its own for a container that shares the host's or another container's.
  const bool shares_name = draft.network == NetworkKind::host || draft.network == NetworkKind::container;
  if (!shares_name && !draft.instance.hostname.empty()) draft.config["Hostname"] = draft.instance.hostname;
  add_working_directory(draft);
  add_stop_timeout(draft);
}

void add_environment(SpecDraft& draft) {
  if (auto variables = draft.settings.text_map("environment")) draft.environment = std::move(*variables);
}

}  // namespace cattle::handlers
