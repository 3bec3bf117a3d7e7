// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <algorithm>
#include <charconv>

namespace cattle::support {
namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 1;
  while (begin <= path.size()) {
    const auto end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::int64_t number(const std::string& text, std::int64_t absent) {
  std::int64_t value = absent;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool older(const std::string& one, const std::string& other) {
  const auto dot = other.find('.');
  if (dot == std::string::npos) return false;
  return !api_at_least(one, static_cast<int>(number(other, 0)),
                       static_cast<int>(number(other.substr(dot + 1), 0)));
}

bool event_matches(const nlohmann::json& event, const EngineCall& call) {
  const auto filters = filters_of(call);
  if (!filters) return true;
  for (const auto& [key, values] : *filters) {
    std::string has;
    if (key == "type") has = event.at("Type");
    if (key == "event") has = event.at("Action");
    if (key == "container" || key == "image" || key == "volume") has = event.at("Actor").at("ID");
    if (!values.empty() && std::find(values.begin(), values.end(), has) == values.end()) return false;
  }
  return true;
}

}  // namespace

Answer FakeEngine::State::handle(const EngineCall& call, const Gone& gone) {
  Lock lock(mutex_);
  if (!call.api_version.empty() && older(call.api_version, options_.min_api_version)) {
    return fail(400, "client version " + call.api_version + " is too old. Minimum supported API version is " +
                         options_.min_api_version + ", please upgrade your client to a newer version");
  }
  if (!call.api_version.empty() && older(options_.api_version, call.api_version)) {
    return fail(400, "client version " + call.api_version + " is too new. Maximum supported API version is " +
                         options_.api_version);
  }
  if (call.method == "POST" && !call.body.empty() && call.path != "/build" && call.path != "/images/create") {
    const auto type = call.headers.find("content-type");
    if (type == call.headers.end() || type->second.rfind("application/json", 0) != 0) {
      return fail(400, "Content-Type specified must be 'application/json'");
    }
  }
  return route(call, gone, lock);
}

Answer FakeEngine::State::route(const EngineCall& call, const Gone& gone, Lock& lock) {
  const std::vector<std::string> parts = split(call.path);
  if (call.path == "/_ping") return {200, call.method == "HEAD" ? "" : "OK", "text/plain; charset=utf-8", {}};
  if (call.path == "/version") return version();
  if (call.path == "/info") return info();
  if (call.path == "/events") return events(call);
  if (call.path == "/build" && call.method == "POST") return build(call);
  if (parts.front() == "containers") return containers(call, parts, gone, lock);
  if (parts.front() == "images") return images(call, parts);
  if (parts.front() == "volumes") return volumes(call, parts);
  return fail(404, "page not found");
}

Answer FakeEngine::State::version() const {
  return reply(200, {{"Version", options_.version},
                     {"ApiVersion", options_.api_version},
                     {"MinAPIVersion", options_.min_api_version},
                     {"GitCommit", "0fake00"},
                     {"GoVersion", "go1.19.8"},
                     {"Os", "linux"},
                     {"Arch", "amd64"},
                     {"KernelVersion", "6.1.0-fake"},
                     {"BuildTime", "2026-01-01T00:00:00.000000000+00:00"}});
}

Answer FakeEngine::State::info() const {
  const auto running = std::count_if(containers_.begin(), containers_.end(),
                                     [](const auto& entry) { return entry.second.running; });
  nlohmann::json document{
      {"ID", "FAKE:ENGI:NEID"},
      {"Containers", containers_.size()},
      {"ContainersRunning", running},
      {"ContainersStopped", static_cast<std::int64_t>(containers_.size()) - running},
      {"Images", images_.size()},
      {"Driver", options_.storage_driver},
      {"DriverStatus", nlohmann::json::array({nlohmann::json::array({"Backing Filesystem", "extfs"}),
                                              nlohmann::json::array({"Supports d_type", "true"})})},
      {"OperatingSystem", "Debian GNU/Linux 12 (bookworm)"},
      {"OSType", "linux"},
      {"Architecture", "x86_64"},
      {"KernelVersion", "6.1.0-fake"},
      {"DockerRootDir", "/var/lib/docker"},
      {"CgroupDriver", options_.cgroup_version == "2" ? "systemd" : "cgroupfs"},
      {"CgroupVersion", options_.cgroup_version},
      {"NCPU", 2},
      {"MemTotal", std::int64_t{4} << 30},
      {"Name", "fake-engine"},
      {"ServerVersion", options_.version},
      {"Plugins", {{"Volume", options_.volume_drivers}, {"Network", {"bridge", "host", "null"}}}}};
  document.merge_patch(options_.info);
  return reply(200, document);
}

void FakeEngine::State::emit(const std::string& type, const std::string& action, const std::string& id,
                             const nlohmann::json& attributes) {
  const auto now = std::chrono::system_clock::now();
  events_.push_back(
      {{"Type", type},
       {"Action", action},
       {"Actor", {{"ID", id}, {"Attributes", attributes}}},
       {"scope", "local"},
       {"time", epoch(now)},
       {"timeNano", std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count()}});
  changed_.notify_all();
}

Answer FakeEngine::State::events(const EngineCall& call) {
  if (call.query.count("filters") != 0 && !filters_of(call)) return fail(400, "invalid filter");
  const std::int64_t since = number(query(call, "since"), 0);
  const std::int64_t until = number(query(call, "until"), 0);
  std::size_t index = events_.size();
  if (since > 0) {
    index = 0;
    while (index < events_.size() && events_.at(index).at("time") < since) ++index;
  }
  Answer answer;
  answer.next = [this, call, index, until](const Gone& gone) mutable {
    return next_event(call, index, until, gone);
  };
  return answer;
}

std::optional<std::string> FakeEngine::State::next_event(const EngineCall& call, std::size_t& index,
                                                         std::int64_t until, const Gone& gone) {
  Lock lock(mutex_);
  while (!gone()) {
    while (index < events_.size()) {
      nlohmann::json event = events_.at(index++);
      if (!event_matches(event, call)) continue;
      const bool flat = event.at("Type") == "container" || event.at("Type") == "image";
      if (flat && !api_at_least(call.api_version, 1, 52)) {
        event["status"] = event.at("Action");
        event["id"] = event.at("Actor").at("ID");
        if (event.at("Type") == "container")
          event["from"] = event.at("Actor").at("Attributes").value("image", "");
      }
      return event.dump() + "\n";
    }
    if (until > 0 && epoch(std::chrono::system_clock::now()) >= until) return std::nullopt;
    changed_.wait_for(lock, std::chrono::milliseconds(5));
  }
  return std::nullopt;
}

FakeEngineOptions FakeEngine::State::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

void FakeEngine::State::replace(FakeEngineOptions options) {
  const std::lock_guard lock(mutex_);
  options_ = std::move(options);
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) ids.push_back(id);
  for (const auto& id : ids) {
    if (containers_.at(id).running) end(containers_.at(id), 137);
  }
}

}  // namespace cattle::support
