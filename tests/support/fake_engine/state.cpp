// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <charconv>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace cattle::support {

Answer fail(int status, const std::string& message) {
  return reply(status, {{"message", message}});
}

Answer reply(int status, const nlohmann::json& document) {
  return {status, document.dump() + "\n", "application/json", {}};
}

std::string query(const EngineCall& call, const char* name, const std::string& absent) {
  const auto found = call.query.find(name);
  return found == call.query.end() ? absent : found->second;
}

bool query_flag(const EngineCall& call, const char* name) {
  const std::string value = query(call, name);
  return !value.empty() && value != "0" && value != "false" && value != "no" && value != "none";
}

std::string with_tag(const std::string& image_name) {
  if (image_name.find('@') != std::string::npos || image_name.rfind("sha256:", 0) == 0) return image_name;
  const auto slash = image_name.rfind('/');
  const bool tagged = image_name.find(':', slash == std::string::npos ? 0 : slash) != std::string::npos;
  return tagged ? image_name : image_name + ":latest";
}

std::string long_id(std::uint64_t number) {
  // Spread over the whole id, so that its first twelve digits tell ids apart as an engine's do.
  std::string id;
  while (id.size() < 64) {
    number = number * 6364136223846793005U + 1442695040888963407U;
    char digits[17];
    std::snprintf(digits, sizeof(digits), "%016llx",
                  static_cast<unsigned long long>(number ^ (number >> 29U)));
    id += digits;
  }
  return id;
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  if (time == std::chrono::system_clock::time_point{}) return "0001-01-01T00:00:00Z";
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = nanoseconds / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[16];
  std::snprintf(fraction, sizeof(fraction), ".%09lldZ", static_cast<long long>(nanoseconds % 1'000'000'000));
  return std::string(text, size) + fraction;
}

std::int64_t epoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::optional<std::map<std::string, std::vector<std::string>>> filters_of(const EngineCall& call) {
  std::map<std::string, std::vector<std::string>> filters;
  const std::string text = query(call, "filters");
  if (text.empty()) return filters;
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  for (const auto& [key, values] : document.items()) {
    std::vector<std::string>& list = filters[key];
    if (values.is_array()) {
      for (const auto& value : values) list.push_back(value.get<std::string>());
    } else if (values.is_object()) {
      for (const auto& [value, ignored] : values.items()) list.push_back(value);
    } else {
      return std::nullopt;
    }
  }
  return filters;
}

bool api_at_least(const std::string& version, int major, int minor) {
  int has_major = 0;
  int has_minor = 0;
  const char* end = version.data() + version.size();
  const auto parsed = std::from_chars(version.data(), end, has_major);
  if (parsed.ptr != end) std::from_chars(parsed.ptr + 1, end, has_minor);
  return has_major != major ? has_major > major : has_minor >= minor;
}

std::string FakeEngine::State::add_container(const std::string& name, const nlohmann::json& body,
                                             bool running) {
  const std::lock_guard lock(mutex_);
  nlohmann::json complete = body;
  if (!complete.contains("Image")) complete["Image"] = "handmade:latest";
  if (find_image(complete.at("Image")) == nullptr) put_image(complete.at("Image"), {{"Cmd", {"sh"}}});
  std::string id = make_container(name, complete, options_.api_version);
  if (running) {
    const Answer answer = start(containers_.at(id));
    if (answer.status >= 400) throw std::runtime_error("the container did not start: " + answer.body);
  }
  return id;
}

std::optional<nlohmann::json> FakeEngine::State::container(const std::string& name,
                                                           const std::string& version) const {
  const std::lock_guard lock(mutex_);
  const FakeContainer* found = find(name);
  if (found == nullptr) return std::nullopt;
  return inspect_document(*found, version);
}

std::optional<FakeContainer> FakeEngine::State::snapshot(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const FakeContainer* found = find(name);
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::vector<std::string> FakeEngine::State::container_ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) ids.push_back(id);
  return ids;
}

void FakeEngine::State::change(const std::string& name, const std::function<void(FakeContainer&)>& change) {
  const std::lock_guard lock(mutex_);
  FakeContainer* found = find(name);
  if (found == nullptr) throw std::runtime_error("the fake engine has no container " + name);
  change(*found);
  changed_.notify_all();
}

void FakeEngine::State::exit_container(const std::string& name, int exit_code) {
  change(name, [this, exit_code](FakeContainer& found) {
    if (found.running) end(found, exit_code);
  });
}

void FakeEngine::State::remove_container(const std::string& name) {
  const std::lock_guard lock(mutex_);
  FakeContainer* found = find(name);
  if (found == nullptr) return;
  if (found->running) end(*found, 137);
  if (find(name) != nullptr) erase(found->id, false);
}

void FakeEngine::State::set_address_delay(std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  address_delay_ = delay;
}

void FakeEngine::State::warn_at_create(const std::string& message) {
  const std::lock_guard lock(mutex_);
  create_warnings_.push_back(message);
}

void FakeEngine::State::add_image(const std::string& name, const nlohmann::json& config) {
  const std::lock_guard lock(mutex_);
  nlohmann::json complete = config;
  if (!complete.contains("Cmd") && !complete.contains("Entrypoint")) complete["Cmd"] = {"sh"};
  put_image(name, complete);
}

bool FakeEngine::State::has_image(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return find_image(name) != nullptr;
}

void FakeEngine::State::set_pull(const std::string& name, PullBehaviour behaviour) {
  const std::lock_guard lock(mutex_);
  pulls_[with_tag(name)] = std::move(behaviour);
}

void FakeEngine::State::add_volume(const std::string& name, const std::string& driver) {
  const std::lock_guard lock(mutex_);
  put_volume(name, driver, nullptr);
}

bool FakeEngine::State::has_volume(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return volumes_.count(name) != 0;
}

}  // namespace cattle::support
