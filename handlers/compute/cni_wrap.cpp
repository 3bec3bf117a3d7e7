// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/container_spec.hpp"

namespace cattle::handlers {
namespace {

using nlohmann::json;

constexpr const char* kWaiter = "/.r/r";
constexpr const char* kWaiterBind = "rancher-cni:/.r:ro";

/// Where a bind goes: the part between its colons.
std::string target_of(const std::string& bind) {
  const std::size_t first = bind.find(':');
  if (first == std::string::npos) return bind;
  const std::size_t second = bind.find(':', first + 1);
  return bind.substr(first + 1, second == std::string::npos ? second : second - first - 1);
}

bool is_empty(const json& body, const char* key) {
  const auto found = body.find(key);
  return found == body.end() || found->is_null() || found->empty();
}

/// As the engine would have filled them in: null is the image's, an empty entrypoint is none.
void fill_from_image(json& body, const docker::Image& image) {
  const auto entrypoint = body.find("Entrypoint");
  const bool inherits_entrypoint = entrypoint == body.end() || entrypoint->is_null();
  if (is_empty(body, "Cmd") && !image.cmd.empty()) body["Cmd"] = image.cmd;
  if (inherits_entrypoint && !image.entrypoint.empty()) body["Entrypoint"] = image.entrypoint;
}

void bind_waiter(json& host_config) {
  json binds = json::array();
  if (const auto old = host_config.find("Binds"); old != host_config.end() && old->is_array()) {
    for (const json& bind : *old) {
      if (target_of(bind.get<std::string>()) != "/.r") binds.push_back(bind);
    }
  }
  binds.push_back(kWaiterBind);
  host_config["Binds"] = std::move(binds);
}

}  // namespace

bool cni_wrap_needs_image(const json& body) {
  return is_empty(body, "Entrypoint");
}

json wrap_cni_entrypoint(json body, const std::optional<docker::Image>& image) {
  if (cni_wrap_needs_image(body) && image) fill_from_image(body, *image);
  // Nothing to run: the engine says so better than a program that waits and then has nothing to start.
  if (is_empty(body, "Entrypoint") && is_empty(body, "Cmd")) return body;
  json wrapped = json::array({kWaiter});
  if (const auto old = body.find("Entrypoint"); old != body.end() && old->is_array()) {
    const bool already = !old->empty() && old->front() == kWaiter;
    wrapped = already ? *old : wrapped;
    if (!already) wrapped.insert(wrapped.end(), old->begin(), old->end());
  }
  body["Entrypoint"] = std::move(wrapped);
  bind_waiter(body["HostConfig"]);
  return body;
}

}  // namespace cattle::handlers
