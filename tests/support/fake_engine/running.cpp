// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <algorithm>
#include <charconv>

namespace cattle::support {
namespace {

constexpr int kFirstFreePort = 49'153;

const nlohmann::json* member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool is_network(const std::string& mode) {
  return mode.empty() || mode == "default" || mode == "bridge" || mode == "host" || mode == "none";
}

/// What a short-lived command does: its exit code, and what it prints. nullopt: it goes on running.
std::optional<int> ends_at_once(const FakeContainer& container) {
  std::vector<std::string> command;
  for (const char* key : {"Entrypoint", "Cmd"}) {
    const auto* words = member(container.body, key);
    if (words == nullptr || words->empty()) words = member(container.image_config, key);
    if (words == nullptr || !words->is_array()) continue;
    for (const auto& word : *words) command.push_back(word.get<std::string>());
  }
  if (command == std::vector<std::string>{"true"}) return 0;
  if (command == std::vector<std::string>{"false"}) return 1;
  if (command.size() == 3 && command[0] == "sh" && command[1] == "-c" && command[2].rfind("exit ", 0) == 0) {
    int code = 0;
    std::from_chars(command[2].data() + 5, command[2].data() + command[2].size(), code);
    return code;
  }
  return std::nullopt;
}

}  // namespace

Answer FakeEngine::State::start(FakeContainer& container) {
  if (container.running) return {304, "", "", {}};
  if (!container.start_failure.empty()) return fail(500, container.start_failure);
  const std::string mode = network_mode(container);
  if (mode.rfind("container:", 0) == 0) {
    const FakeContainer* other = find(mode.substr(10));
    if (other == nullptr) return fail(404, "No such container: " + mode.substr(10));
    if (!other->running) return fail(409, "cannot join network of a non running container: " + other->id);
  } else if (!is_network(mode)) {
    return fail(404, "network " + mode + " not found");
  }
  container.host_byte = 2 + static_cast<int>(++counter_ % 250);
  const std::string conflict = allocate_ports(container);
  if (!conflict.empty()) return fail(500, conflict);
  container.running = true;
  container.started = std::chrono::system_clock::now();
  container.pid = 10'000 + static_cast<std::int64_t>(counter_);
  container.address_at = std::chrono::steady_clock::now() + address_delay_;
  emit(container, "start");
  if (const auto code = ends_at_once(container)) end(container, *code);
  return {204, "", "", {}};
}

std::string FakeEngine::State::allocate_ports(FakeContainer& container) {
  std::set<std::string> taken;
  for (const auto& [id, other] : containers_) {
    for (const auto& [port, bindings] : other.ports.items()) {
      for (const auto& binding : bindings)
        taken.insert(binding.at("HostPort").get<std::string>() + port.substr(port.find('/')));
    }
  }
  auto ports = nlohmann::json::object();
  const auto* exposed = member(container.body, "ExposedPorts");
  const auto* host = member(container.body, "HostConfig");
  const auto* published = host == nullptr ? nullptr : member(*host, "PortBindings");
  if (exposed == nullptr || network_mode(container) == "host") exposed = nullptr;
  const nlohmann::json to_open = exposed == nullptr ? nlohmann::json::object() : *exposed;
  for (const auto& [port, ignored] : to_open.items()) {
    ports[port] = nullptr;
    const auto* bindings = published == nullptr ? nullptr : member(*published, port.c_str());
    if (bindings == nullptr) continue;
    ports[port] = nlohmann::json::array();
    for (const auto& binding : *bindings) {
      const std::string protocol = port.substr(port.find('/'));
      std::string number = binding.value("HostPort", "");
      for (int free = kFirstFreePort; number.empty(); ++free) {
        if (taken.count(std::to_string(free) + protocol) == 0) number = std::to_string(free);
      }
      const std::string address = binding.value("HostIp", "");
      if (!taken.insert(number + protocol).second) {
        return "driver failed programming external connectivity on endpoint " + container.name + " (" +
               container.id + "): Bind for " + (address.empty() ? "0.0.0.0" : address) + ":" + number +
               " failed: port is already allocated";
      }
      ports[port].push_back({{"HostIp", address.empty() ? "0.0.0.0" : address}, {"HostPort", number}});
      if (address.empty()) ports[port].push_back({{"HostIp", "::"}, {"HostPort", number}});
    }
  }
  container.ports = ports;
  return {};
}

void FakeEngine::State::end(FakeContainer& container, int exit_code) {
  container.running = false;
  container.exit_code = exit_code;
  container.pid = 0;
  container.ports = nlohmann::json::object();
  container.finished = std::chrono::system_clock::now();
  emit(container, "die", {{"exitCode", std::to_string(exit_code)}});
  const auto* host = member(container.body, "HostConfig");
  const auto* removed = host == nullptr ? nullptr : member(*host, "AutoRemove");
  if (removed != nullptr && removed->get<bool>()) erase(container.id, true);
}

void FakeEngine::State::mount_volumes(FakeContainer& container) {
  const auto add = [&](const std::string& name, const std::string& path, const std::string& mode) {
    put_volume(name, "local", nullptr);
    container.mounts.push_back({{"Type", "volume"},
                                {"Name", name},
                                {"Source", "/var/lib/docker/volumes/" + name + "/_data"},
                                {"Destination", path},
                                {"Driver", volumes_.at(name).driver},
                                {"Mode", mode.empty() ? "z" : mode},
                                {"RW", mode.find("ro") == std::string::npos},
                                {"Propagation", ""}});
  };
  const auto* host = member(container.body, "HostConfig");
  const auto* binds = host == nullptr ? nullptr : member(*host, "Binds");
  for (const auto& bind : binds == nullptr ? nlohmann::json::array() : *binds) {
    const std::string text = bind.get<std::string>();
    const auto first = text.find(':');
    const auto second = text.find(':', first + 1);
    const std::string source = text.substr(0, first);
    const std::string path =
        text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    const std::string mode = second == std::string::npos ? "" : text.substr(second + 1);
    if (source.front() != '/') {
      add(source, path, mode);
      continue;
    }
    container.mounts.push_back({{"Type", "bind"},
                                {"Source", source},
                                {"Destination", path},
                                {"Mode", mode},
                                {"RW", mode.find("ro") == std::string::npos},
                                {"Propagation", "rprivate"}});
  }
  const auto* anonymous = member(container.body, "Volumes");
  const nlohmann::json scratch = anonymous == nullptr ? nlohmann::json::object() : *anonymous;
  for (const auto& [path, ignored] : scratch.items()) {
    const bool mounted = std::any_of(
        container.mounts.begin(), container.mounts.end(),
        [&where = path](const nlohmann::json& mount) { return mount.at("Destination") == where; });
    if (mounted) continue;
    container.anonymous_volumes.push_back(long_id(++counter_));
    add(container.anonymous_volumes.back(), path, "");
  }
}

}  // namespace cattle::support
