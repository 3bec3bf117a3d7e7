// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/failure_text.hpp"

#include "handlers/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace cattle::handlers {
namespace {

using nlohmann::json;

/// More than that of one kind helps nobody who reads an error in a browser.
constexpr std::size_t kMostNames = 8;

json at(const json& body, const char* pointer) {
  return body.value(json::json_pointer(pointer), json());
}

std::string binding_text(const json& binding, const std::string& container_side) {
  if (!binding.is_object()) return container_side;
  const auto host_port = text_or_empty(binding, "HostPort");
  if (host_port.empty()) return container_side;
  const auto host_ip = text_or_empty(binding, "HostIp");
  return (host_ip.empty() ? "" : host_ip + ":") + host_port + "->" + container_side;
}

std::vector<std::string> port_names(const json& body) {
  std::vector<std::string> names;
  const auto bindings = at(body, "/HostConfig/PortBindings");
  if (!bindings.is_object()) return names;
  for (const auto& [port, list] : bindings.items()) {
    if (!list.is_array()) continue;
    for (const auto& binding : list) names.push_back(binding_text(binding, port));
  }
  return names;
}

std::vector<std::string> mount_names(const json& body) {
  std::vector<std::string> names;
  const auto binds = at(body, "/HostConfig/Binds");
  if (!binds.is_array()) return names;
  for (const auto& bind : binds) names.push_back(text_or_empty(bind));
  return names;
}

void append(std::string& all, const std::string& kind, const std::vector<std::string>& names) {
  if (names.empty()) return;
  all += ", " + kind;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) all += " " + names[i];
  if (names.size() > kMostNames) all += " ...";
}

}  // namespace

std::string engine_text(const docker::Error& error) {
  return error.engine_message().empty() ? error.what() : error.engine_message();
}

std::string named_settings(const json& create_body) {
  std::string all = "image " + text_or_empty(create_body, "Image");
  append(all, "ports", port_names(create_body));
  append(all, "mounts", mount_names(create_body));
  if (const auto network = text_or_empty(at(create_body, "/HostConfig/NetworkMode")); !network.empty()) {
    append(all, "network", {network});
  }
  return all;
}

}  // namespace cattle::handlers
