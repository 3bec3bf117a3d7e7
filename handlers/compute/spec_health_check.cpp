// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <cstdint>
#include <limits>

namespace cattle::handlers {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

void add_duration(const JsonFields& settings, const char* field, const char* docker, nlohmann::json& check) {
  const std::int64_t seconds = settings.integer(field);
  if (seconds == 0) return;
  if (seconds < 0 || seconds > std::numeric_limits<std::int64_t>::max() / kNanosecondsPerSecond) {
    settings.fail(field, "a number of seconds");
  }
  check[docker] = seconds * kNanosecondsPerSecond;
}

}  // namespace

void add_health_check(SpecDraft& draft) {
  nlohmann::json check = nlohmann::json::object();
  if (auto command = draft.settings.texts("healthCmd")) check["Test"] = *command;
  add_duration(draft.settings, "healthInterval", "Interval", check);
  add_duration(draft.settings, "healthTimeout", "Timeout", check);
  if (const auto retries = draft.settings.integer("healthRetries"); retries != 0) check["Retries"] = retries;
  if (!check.empty()) draft.config["Healthcheck"] = std::move(check);
}

}  // namespace cattle::handlers
