// SPDX-License-Identifier: Apache-2.0
#include "agent/event_log.hpp"

#include "handlers/resource_key.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cattle::agent {
namespace {

constexpr std::size_t kShortId = 12;
constexpr std::size_t kLongestName = 128;

/// nullptr when absent or no text.
const std::string* text(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

/// One word, since `cattle-agent explain` reads it again.
std::string word(std::string_view text) {
  auto one = one_line(text, kLongestName);
  std::replace(one.begin(), one.end(), ' ', '_');
  return one;
}

}  // namespace

EventLog::EventLog(AgentLog& log, const subscriber::Event& event, const handlers::ResourceKey& key,
                   bool quiet)
    : log_(log), event_(event), quiet_(quiet), redaction_(event.data) {
  constexpr std::string_view kContainer = "container:";
  constexpr std::string_view kInstance = "instance:";
  if (key.key.starts_with(kInstance)) uuid_ = key.key.substr(kInstance.size());
  for (const auto& name : {key.key, key.alias}) {
    if (name.starts_with(kContainer)) container(std::string_view(name).substr(kContainer.size()));
  }
}

void EventLog::container(std::string_view docker_id) {
  const std::lock_guard lock(mutex_);
  container_ = word(docker_id.substr(0, kShortId));
}

void EventLog::taken(std::string_view admission) {
  std::string message = "taken: " + event_.name;
  if (event_.resource_type) message += " " + *event_.resource_type + ":" + event_.resource_id.value_or("");
  if (const auto* process = text(event_.context, "prettyProcess")) message += " process=" + *process;
  if (const auto* id = text(event_.context, "processId")) message += " processId=" + *id;
  if (const auto* resource = text(event_.context, "prettyResource")) message += " resource=" + *resource;
  message += instance();
  message += admission;
  // Nothing of the event's data is in it, and this runs on the network thread: no search for secrets.
  write(Level::info, message);
}

void EventLog::dropped(std::string_view reason) {
  write(Level::warn, "dropped: " + event_.name + ": " + std::string(reason) + instance());
}

/// What `cattle-agent explain` finds it by, beside the container, which may not be there yet.
std::string EventLog::instance() const {
  if (uuid_.empty()) return {};
  const auto name = handlers::instance_name(event_);
  return " instance=" + word(uuid_) + (name.empty() ? "" : " name=" + word(name));
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
