// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/state.hpp"

#include <algorithm>
#include <cstdio>

namespace cattle::support {
namespace {

const nlohmann::json& object_at(const nlohmann::json& document, const char* key) {
  static const nlohmann::json empty = nlohmann::json::object();
  const auto found = document.find(key);
  return found == document.end() || !found->is_object() ? empty : *found;
}

std::string network_name(const FakeContainer& container) {
  const std::string mode = network_mode(container);
  return mode == "default" ? "bridge" : mode;
}

/// Up to API 1.43 the MAC address is a member of the configuration, from 1.44 of the network's endpoint.
std::string wanted_mac(const FakeContainer& container) {
  if (!api_at_least(container.api_version, 1, 44)) return container.body.value("MacAddress", "");
  const auto& endpoints = object_at(object_at(container.body, "NetworkingConfig"), "EndpointsConfig");
  return object_at(endpoints, network_name(container).c_str()).value("MacAddress", "");
}

bool has_address(const FakeContainer& container) {
  return container.running && network_name(container) == "bridge" &&
         std::chrono::steady_clock::now() >= container.address_at;
}

std::string address_of(const FakeContainer& container) {
  return has_address(container) ? "172.17.0." + std::to_string(container.host_byte) : "";
}

std::string mac_of(const FakeContainer& container) {
  if (!has_address(container)) return "";
  std::string wanted = wanted_mac(container);
  if (!wanted.empty()) return wanted;
  char text[24];
  std::snprintf(text, sizeof(text), "02:42:ac:11:00:%02x",
                static_cast<unsigned>(container.host_byte) & 0xffU);
  return text;
}

std::string state_of(const FakeContainer& container) {
  if (container.running) return "running";
  return container.started == std::chrono::system_clock::time_point{} ? "created" : "exited";
}

}  // namespace

std::string network_mode(const FakeContainer& container) {
  const auto& host = object_at(container.body, "HostConfig");
  const auto mode = host.find("NetworkMode");
  return mode == host.end() || !mode->is_string() || mode->get_ref<const std::string&>().empty()
             ? "default"
             : mode->get<std::string>();
}

nlohmann::json FakeEngine::State::inspect_document(const FakeContainer& container,
                                                   const std::string& version) const {
  nlohmann::json host{{"NetworkMode", network_mode(container)},
                      {"Binds", nullptr},
                      {"PortBindings", nlohmann::json::object()},
                      {"RestartPolicy", {{"Name", ""}, {"MaximumRetryCount", 0}}},
                      {"LogConfig", {{"Type", "json-file"}, {"Config", nlohmann::json::object()}}},
                      {"AutoRemove", false},
                      {"Privileged", false},
                      {"Memory", 0},
                      {"MemoryReservation", 0},
                      {"CpuShares", 0}};
  host.update(object_at(container.body, "HostConfig"));
  host["NetworkMode"] = network_mode(container);
  const nlohmann::json config = config_document(container, version);
  return {{"Id", container.id},
          {"Created", timestamp(container.created)},
          {"Path", "sh"},
          {"Args", nlohmann::json::array()},
          {"State",
           {{"Status", state_of(container)},
            {"Running", container.running},
            {"Paused", false},
            {"Restarting", false},
            {"OOMKilled", false},
            {"Dead", false},
            {"Pid", container.pid},
            {"ExitCode", container.exit_code},
            {"Error", ""},
            {"StartedAt", timestamp(container.started)},
            {"FinishedAt", timestamp(container.finished)}}},
          {"Image", container.image_id},
          {"Name", "/" + container.name},
          {"RestartCount", 0},
          {"Driver", options_.storage_driver},
          {"Platform", "linux"},
          {"HostConfig", host},
          {"Mounts", container.mounts},
          {"Config", config},
          {"NetworkSettings", network_document(container, version)}};
}

nlohmann::json FakeEngine::State::config_document(const FakeContainer& container,
                                                  const std::string& version) const {
  nlohmann::json config{{"Hostname", container.id.substr(0, 12)},
                        {"Domainname", ""},
                        {"User", ""},
                        {"Tty", false},
                        {"OpenStdin", false},
                        {"Env", nullptr},
                        {"Cmd", nullptr},
                        {"Image", ""},
                        {"Volumes", nullptr},
                        {"WorkingDir", ""},
                        {"Entrypoint", nullptr},
                        {"OnBuild", nullptr},
                        {"Labels", nlohmann::json::object()}};
  for (const auto& [key, value] : container.image_config.items()) config[key] = value;
  for (const auto& [key, value] : container.body.items()) {
    const bool empty = value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
    if (key != "HostConfig" && key != "NetworkingConfig" && key != "MacAddress" && !empty)
      config[key] = value;
  }
  const std::string mac = wanted_mac(container);
  if (!mac.empty() && !api_at_least(version, 1, 44)) config["MacAddress"] = mac;
  return config;
}

nlohmann::json FakeEngine::State::network_document(const FakeContainer& container,
                                                   const std::string& version) const {
  nlohmann::json settings{
      {"SandboxID", container.running ? container.id : ""},
      {"SandboxKey", container.running ? "/var/run/docker/netns/" + container.id.substr(0, 12) : ""},
      {"Ports", container.ports},
      {"Networks", networks(container)}};
  if (api_at_least(version, 1, 52)) return settings;
  const std::string address = address_of(container);
  settings["Bridge"] = "";
  settings["IPAddress"] = address;
  settings["IPPrefixLen"] = address.empty() ? 0 : 16;
  settings["Gateway"] = address.empty() ? "" : "172.17.0.1";
  settings["MacAddress"] = mac_of(container);
  settings["GlobalIPv6Address"] = "";
  return settings;
}

nlohmann::json FakeEngine::State::networks(const FakeContainer& container) const {
  auto networks = nlohmann::json::object();
  const std::string name = network_name(container);
  if (name.rfind("container:", 0) == 0) return networks;
  const std::string address = address_of(container);
  networks[name] = {{"NetworkID", long_id(name.size())},
                    {"EndpointID", container.running ? container.id : ""},
                    {"Gateway", address.empty() ? "" : "172.17.0.1"},
                    {"IPAddress", address},
                    {"IPPrefixLen", address.empty() ? 0 : 16},
                    {"MacAddress", mac_of(container)},
                    {"GlobalIPv6Address", ""},
                    {"Aliases", nullptr},
                    {"Links", nullptr}};
  return networks;
}

nlohmann::json FakeEngine::State::list_document(const FakeContainer& container) const {
  auto ports = nlohmann::json::array();
  for (const auto& [port, bindings] : container.ports.items()) {
    const int number = std::stoi(port);
    const std::string protocol = port.substr(port.find('/') + 1);
    if (bindings.empty()) ports.push_back({{"PrivatePort", number}, {"Type", protocol}});
    for (const auto& binding : bindings) {
      ports.push_back({{"IP", binding.at("HostIp")},
                       {"PrivatePort", number},
                       {"PublicPort", std::stoi(binding.at("HostPort").get<std::string>())},
                       {"Type", protocol}});
    }
  }
  const std::string state = state_of(container);
  const std::string status = state == "running" ? "Up 1 second"
                             : state == "created"
                                 ? "Created"
                                 : "Exited (" + std::to_string(container.exit_code) + ") 1 second ago";
  return {{"Id", container.id},
          {"Names", {"/" + container.name}},
          {"Image", container.body.value("Image", "")},
          {"ImageID", container.image_id},
          {"Command", "sh"},
          {"Created", epoch(container.created)},
          {"Ports", ports},
          {"Labels", config_document(container, "1.41").at("Labels")},
          {"State", state},
          {"Status", status},
          {"HostConfig", {{"NetworkMode", network_mode(container)}}},
          {"NetworkSettings", {{"Networks", networks(container)}}},
          {"Mounts", container.mounts}};
}

}  // namespace cattle::support
