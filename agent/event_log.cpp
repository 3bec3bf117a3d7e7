// SPDX-License-Identifier: Apache-2.0
#include "agent/event_log.hpp"

#include <nlohmann/json.hpp>

namespace cattle::agent {
namespace {

constexpr std::size_t kShortId = 12;

/// nullptr when absent or no text.
const std::string* text(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace

EventLog::EventLog(AgentLog& log, const subscriber::Event& event, const handlers::ResourceKey& key,
                   bool quiet)
    : log_(log), event_(event), quiet_(quiet), redaction_(event.data) {
  constexpr std::string_view kContainer = "container:";
  for (const auto& name : {key.key, key.alias}) {
    if (name.starts_with(kContainer)) container(std::string_view(name).substr(kContainer.size()));
  }
}

void EventLog::container(std::string_view docker_id) {
  const std::lock_guard lock(mutex_);
  container_ = docker_id.substr(0, kShortId);
}

void EventLog::taken(std::string_view admission) {
  std::string message = "taken: " + event_.name;
  if (event_.resource_type) message += " " + *event_.resource_type + ":" + event_.resource_id.value_or("");
  if (const auto* process = text(event_.context, "prettyProcess")) message += " process=" + *process;
  if (const auto* id = text(event_.context, "processId")) message += " processId=" + *id;
  if (const auto* resource = text(event_.context, "prettyResource")) message += " resource=" + *resource;
  message += admission;
  // Nothing of the event's data is in it, and this runs on the network thread: no search for secrets.
  write(Level::info, message);
}

void EventLog::call(const docker::CallRecord& record) {
  const auto micros = record.took.count();
  line(Level::debug, "engine: " + record.method + " " + record.path + " -> " +
                         (record.status == 0 ? std::string("no answer") : std::to_string(record.status)) +
                         " in " + std::to_string(micros / 1'000) + "." +
                         std::to_string(micros % 1'000 / 100) + " ms");
}

bool EventLog::shows(Level level) const {
  return !quiet_ || log_.shows_debug() || level == Level::warn;
}

void EventLog::line(Level level, std::string_view message) {
  if (shows(level)) write(level, redaction_.apply(message));
}

void EventLog::write(Level level, std::string_view message) {
  if (!shows(level)) return;
  if (quiet_ && level == Level::info) level = Level::debug;
  std::string prefix = "event=" + one_line(event_.id, 128);
  {
    const std::lock_guard lock(mutex_);
    if (!container_.empty()) prefix += " container=" + container_;
  }
  log_.write(level, prefix + " " + std::string(message));
}

}  // namespace cattle::agent
