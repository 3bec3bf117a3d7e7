// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/container_address.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/compute/container_lookup.hpp"
#include "handlers/compute/network_namespace.hpp"
#include "handlers/errors.hpp"
#include "handlers/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace cattle::handlers {
namespace {

constexpr const char* kCniNetworkLabel = "io.rancher.cni.network";
constexpr std::chrono::milliseconds kLongestPause{2'000};

bool same_but_for_case(const std::string& one, const std::string& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// CNI plugins write their keys in either case.
nlohmann::json value_of(const nlohmann::json& object, const std::string& wanted) {
  if (!object.is_object()) return {};
  for (const auto& [key, value] : object.items()) {
    if (same_but_for_case(key, wanted)) return value;
  }
  return {};
}

std::string bare(const std::string& address) {
  return address.substr(0, address.find('/'));
}

}  // namespace

std::string engine_address(const nlohmann::json& inspect) {
  const auto settings = inspect.find("NetworkSettings");
  if (settings == inspect.end() || !settings->is_object()) return {};
  if (auto address = text_or_empty(*settings, "IPAddress"); !address.empty()) return bare(address);
  const auto networks = settings->find("Networks");
  if (networks == settings->end() || !networks->is_object()) return {};
  if (const auto bridge = networks->find("bridge"); bridge != networks->end()) {
    if (auto address = text_or_empty(*bridge, "IPAddress"); !address.empty()) return bare(address);
  }
  for (const auto& network : *networks) {  // Sorted by name, as nlohmann::json keeps its objects.
    if (auto address = text_or_empty(network, "IPAddress"); !address.empty()) return bare(address);
  }
  return {};
}

AddressWait::Look AddressWait::in_state_file(const docker::Container& container) const {
  const auto path = options_.cni_state_dir + "/" + container.id + "/" + container.started_at;
  if (container.started_at.find('/') != std::string::npos) return {{}, "the engine gives no start time", {}};
  std::ifstream file(path);
  if (!file) return {{}, "the network plugin has not written " + path, {}};
  std::ostringstream content;
  content << file.rdbuf();
  const auto state = nlohmann::json::parse(content.str(), nullptr, false);
  const auto error = value_of(state, "Error");
  if (error.is_string() && !error.get_ref<const std::string&>().empty())
    return {{}, {}, error.get<std::string>()};
  const auto ip = value_of(value_of(state, "IP4"), "IP");
  if (ip.is_string() && !ip.get_ref<const std::string&>().empty())
    return {bare(ip.get<std::string>()), {}, {}};
  return {{}, "the network plugin has written no address in " + path, {}};
}

AddressWait::Look AddressWait::look(const docker::Container& container) const {
  auto look = in_state_file(container);
  if (!look.address.empty() || !look.error.empty()) return look;
  const auto eth0 = interface_address(options_.proc, container.pid, "eth0");
  look.address = eth0.address;
  look.missing += eth0.exists ? ", and the container's interface eth0 has no IPv4 address"
                              : ", and the container has no interface eth0";
  return look;
}

/// An agent that doesn't see the host's processes has to ask the engine each time.
bool AddressWait::has_ended(const docker::Container& container, const Context& context) const {
  if (std::ifstream(options_.proc + "/" + std::to_string(container.pid) + "/stat").good()) return false;
  const auto now = engine_.inspect_container(container.id, context.call);
  return !now || now->pid != container.pid;
}

AddressWait::Look AddressWait::wait(const docker::Container& container, const Context& context) const {
  const auto start = std::chrono::steady_clock::now();
  auto limited = context.call;
  limited.deadline = std::min(start + options_.longest, context.deadline - options_.reply_time);
  auto pause = options_.first_pause;
  while (true) {
    auto found = look(container);
    if (!found.address.empty() || !found.error.empty()) return found;
    if (!wait_for(limited, pause) || has_ended(container, context)) return look(container);
    pause = std::min(pause * 2, kLongestPause);
  }
}

std::string AddressWait::address(const docker::Container& container, AddressFailure failure,
                                 const Context& context) const {
  if (label_of(container.labels, kCniNetworkLabel).empty()) return engine_address(container.raw);
  if (container.pid == 0) return {};
  const auto found = wait(container, context);
  if (!found.address.empty() || failure == AddressFailure::ignored) return found.address;
  const auto now = engine_.inspect_container(container.id, context.call);
  if (!now || now->pid == 0) return {};
  if (!found.error.empty()) {
    throw OperationError("The network of container " + container.name +
                         " could not be set up: " + found.error);
  }
  throw OperationError("Timeout getting IP address: " + found.missing);
}

}  // namespace cattle::handlers
