// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <algorithm>
#include <charconv>
#include <regex>

namespace cattle::support {
namespace {

const std::set<std::string> kFilters{"id",     "name",     "label",   "status",
                                     "volume", "ancestor", "network", "exited"};

Answer missing(const std::string& name) {
  return fail(404, "No such container: " + name);
}

int whole_number(const std::string& text, int absent) {
  int value = absent;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool has_label(const nlohmann::json& labels, const std::string& wanted) {
  const auto equals = wanted.find('=');
  const auto found = labels.find(wanted.substr(0, equals));
  if (found == labels.end()) return false;
  return equals == std::string::npos || *found == wanted.substr(equals + 1);
}

}  // namespace

Answer FakeEngine::State::containers(const EngineCall& call, const std::vector<std::string>& parts,
                                     const Gone& gone, Lock& lock) {
  if (call.path == "/containers/json" && call.method == "GET") return list(call);
  if (call.path == "/containers/create" && call.method == "POST") return create(call);
  if (parts.size() < 2 || parts.size() > 3) return fail(404, "page not found");
  FakeContainer* container = find(parts.at(1));
  if (container == nullptr) return missing(parts.at(1));
  const std::string verb = call.method + " " + (parts.size() == 3 ? parts.at(2) : "");
  if (verb == "GET json") return reply(200, inspect_document(*container, call.api_version));
  if (verb == "GET logs") return logs(*container);
  if (verb == "POST start") return start(*container);
  if (verb == "POST stop") return stop(*container, call, gone, lock);
  if (verb == "POST kill") return kill(*container, call);
  if (verb == "POST wait") return wait(container->id, gone, lock);
  if (verb == "POST rename") return rename(*container, call);
  if (verb == "POST update") return update(*container, call);
  if (verb == "DELETE ") return remove(*container, call);
  return fail(404, "page not found");
}

Answer FakeEngine::State::logs(const FakeContainer& container) {
  // One frame: stream 1, three zeros, the length in four bytes, most significant first.
  std::string frame("\x01\0\0\0", 4);
  constexpr unsigned kByte = 0xff;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    frame += static_cast<char>((container.output.size() >> shift) & kByte);
  }
  return {200, container.output.empty() ? "" : frame + container.output, "application/octet-stream", {}};
}

FakeContainer* FakeEngine::State::find(const std::string& name) {
  return const_cast<FakeContainer*>(
      std::as_const(*this).find(name));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

const FakeContainer* FakeEngine::State::find(const std::string& name) const {
  const auto exact = containers_.find(name);
  if (exact != containers_.end()) return &exact->second;
  const std::string bare = !name.empty() && name.front() == '/' ? name.substr(1) : name;
  for (const auto& [id, container] : containers_) {
    if (container.name == bare) return &container;
  }
  for (const auto& [id, container] : containers_) {
    if (!name.empty() && id.compare(0, name.size(), name) == 0) return &container;
  }
  return nullptr;
}

Answer FakeEngine::State::list(const EngineCall& call) const {
  const auto filters = filters_of(call);
  if (!filters) return fail(400, "invalid filter");
  for (const auto& [key, values] : *filters) {
    if (kFilters.count(key) == 0) return fail(400, "Invalid filter '" + key + "'");
  }
  std::vector<const FakeContainer*> found;
  for (const auto& [id, container] : containers_) {
    if (matches(container, call)) found.push_back(&container);
  }
  std::sort(found.begin(), found.end(),
            [](const auto* one, const auto* other) { return one->created > other->created; });
  auto documents = nlohmann::json::array();
  for (const FakeContainer* container : found) documents.push_back(list_document(*container));
  return reply(200, documents);
}

bool FakeEngine::State::matches(const FakeContainer& container, const EngineCall& call) const {
  const auto filters = filters_of(call).value();
  const std::string status = list_document(container).at("State");
  if (!query_flag(call, "all") && filters.count("status") == 0 && !container.running) return false;
  const auto any = [&filters](const char* key, const auto& test) {
    const auto values = filters.find(key);
    return values == filters.end() || values->second.empty() ||
           std::any_of(values->second.begin(), values->second.end(), test);
  };
  const nlohmann::json labels = config_document(container, "1.41").at("Labels");
  const auto wanted = filters.find("label");
  const bool all_labels =
      wanted == filters.end() || std::all_of(wanted->second.begin(), wanted->second.end(),
                                             [&](const auto& one) { return has_label(labels, one); });
  // The engine takes ids and names as regular expressions that may match anywhere.
  return all_labels && any("status", [&](const std::string& value) { return value == status; }) &&
         any("id",
             [&](const std::string& value) { return std::regex_search(container.id, std::regex(value)); }) &&
         any("name", [&](const std::string& value) {
           return std::regex_search(container.name, std::regex(value)) ||
                  std::regex_search("/" + container.name, std::regex(value));
         });
}

namespace {

bool is_port(const std::string& digits) {
  constexpr int kHighest = 65'535;
  static const std::regex kNumber("[0-9]{1,5}");
  return std::regex_match(digits, kNumber) && std::stoi(digits) <= kHighest;
}

/// The first port of the create body that is none; "" without one.
std::string wrong_port(const nlohmann::json& body) {
  const auto bindings = body.value("/HostConfig/PortBindings"_json_pointer, nlohmann::json());
  for (const auto& [port, wanted] : bindings.items()) {
    if (!is_port(port.substr(0, port.find('/')))) return port;
    for (const auto& binding : wanted) {
      std::string host_port = binding.value("HostPort", "");
      if (!host_port.empty() && !is_port(host_port)) return host_port;
    }
  }
  return {};
}

}  // namespace

Answer FakeEngine::State::create(const EngineCall& call) {
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) return fail(400, "invalid JSON in the create body");
  const std::string name = query(call, "name");
  static const std::regex kName("/?[a-zA-Z0-9][a-zA-Z0-9_.-]+");
  const std::string image = body.value("Image", "");
  const FakeImage* found = find_image(image);
  if (found == nullptr) return fail(404, "No such image: " + with_tag(image));
  const auto has = [](const nlohmann::json& config, const char* key) {
    const auto member = config.find(key);
    return member != config.end() && !member->empty();
  };
  if (!has(body, "Cmd") && !has(body, "Entrypoint") && !has(found->config, "Cmd") &&
      !has(found->config, "Entrypoint")) {
    return fail(400, "No command specified");
  }
  if (!name.empty() && !std::regex_match(name, kName)) {
    return fail(400, "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  }
  if (const auto port = wrong_port(body); !port.empty())
    return fail(400, "invalid port specification: \"" + port + "\"");
  const std::string bare = !name.empty() && name.front() == '/' ? name.substr(1) : name;
  for (const auto& [id, container] : containers_) {
    if (container.name != bare) continue;
    std::string text = "Conflict. The container name \"/";
    text.append(bare).append("\" is already in use by container \"").append(id);
    return fail(409,
                text + "\". You have to remove (or rename) that container to be able to reuse that name.");
  }
  const std::string id = make_container(bare, body, call.api_version);
  return reply(201, {{"Id", id}, {"Warnings", create_warnings_}});
}

std::string FakeEngine::State::make_container(const std::string& name, const nlohmann::json& body,
                                              const std::string& api_version) {
  FakeContainer container;
  const FakeImage* image = find_image(body.at("Image"));
  container.id = long_id(++counter_);
  container.name = name.empty() ? "nameless_" + std::to_string(counter_) : name;
  container.body = body;
  container.api_version = api_version;
  container.image_id = image->id;
  container.image_config = image->config;
  container.created = std::chrono::system_clock::now();
  mount_volumes(container);
  std::string id = container.id;
  emit(container, "create");
  containers_.emplace(id, std::move(container));
  return id;
}

Answer FakeEngine::State::stop(FakeContainer& container, const EngineCall& call, const Gone& gone,
                               Lock& lock) {
  if (!container.running) return {304, "", "", {}};
  const std::string id = container.id;
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(whole_number(query(call, "t"), 10));
  emit(container, "kill", {{"signal", "15"}});
  while (containers_.count(id) != 0 && containers_.at(id).running && containers_.at(id).ignores_stop &&
         std::chrono::steady_clock::now() < until && !gone()) {
    changed_.wait_for(lock, std::chrono::milliseconds(5));
  }
  const auto found = containers_.find(id);
  if (found == containers_.end()) return missing(id);
  if (found->second.running) end(found->second, found->second.ignores_stop ? 137 : 143);
  const auto left = containers_.find(id);
  if (left != containers_.end()) emit(left->second, "stop");
  return {204, "", "", {}};
}

Answer FakeEngine::State::kill(FakeContainer& container, const EngineCall& call) {
  if (!container.running) {
    return fail(
        409, "Cannot kill container: " + container.name + ": Container " + container.id + " is not running");
  }
  const std::string signal = query(call, "signal", "KILL");
  emit(container, "kill", {{"signal", signal}});
  const bool deadly = signal == "KILL" || signal == "SIGKILL" || signal == "9";
  if (deadly || !container.ignores_stop) end(container, deadly ? 137 : 143);
  return {204, "", "", {}};
}

Answer FakeEngine::State::remove(FakeContainer& container, const EngineCall& call) {
  const std::string id = container.id;
  if (container.running && !query_flag(call, "force")) {
    return fail(409, "You cannot remove a running container " + id +
                         ". Stop the container before attempting removal or force remove");
  }
  if (container.running) {
    emit(container, "kill", {{"signal", "9"}});
    end(container, 137);
  }
  if (containers_.count(id) != 0) erase(id, query_flag(call, "v"));
  return {204, "", "", {}};
}

Answer FakeEngine::State::wait(const std::string& id, const Gone& gone, Lock& lock) {
  int code = containers_.at(id).exit_code;
  while (!gone()) {
    const auto found = containers_.find(id);
    if (found == containers_.end() || !found->second.running) {
      if (found != containers_.end()) code = found->second.exit_code;
      break;
    }
    changed_.wait_for(lock, std::chrono::milliseconds(5));
  }
  return reply(200, {{"StatusCode", code}, {"Error", nullptr}});
}

Answer FakeEngine::State::rename(FakeContainer& container, const EngineCall& call) {
  const std::string name = query(call, "name");
  const FakeContainer* other = find(name);
  if (name.empty()) return fail(400, "Neither old nor new names may be empty");
  if (other != nullptr) {
    return fail(409, "Error when allocating new name: Conflict. The container name \"/" + name +
                         "\" is already in use by container \"" + other->id + "\".");
  }
  container.name = name;
  emit(container, "rename");
  return {204, "", "", {}};
}

Answer FakeEngine::State::update(FakeContainer& container, const EngineCall& call) {
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) return fail(400, "invalid JSON");
  container.body["HostConfig"].merge_patch(body);
  return reply(200, {{"Warnings", nullptr}});
}

void FakeEngine::State::erase(const std::string& id, bool with_volumes) {
  const FakeContainer container = containers_.at(id);
  containers_.erase(id);
  emit(container, "destroy");
  if (!with_volumes) return;
  for (const auto& name : container.anonymous_volumes) {
    if (users_of_volume(name).empty()) volumes_.erase(name);
  }
}

void FakeEngine::State::emit(const FakeContainer& container, const std::string& action,
                             nlohmann::json attributes) {
  const auto labels = container.body.find("Labels");
  if (labels != container.body.end() && labels->is_object()) attributes.update(*labels);
  attributes["image"] = container.body.value("Image", "");
  attributes["name"] = container.name;
  emit("container", action, container.id, attributes);
}

}  // namespace cattle::support
