// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/url.hpp"
#include "handlers/compute/spec_draft.hpp"

namespace cattle::handlers {
namespace {

bool wants_server_url(const Instance& instance) {
  constexpr const char* kLabel = "io.rancher.container.cattle_url";
  return instance.agent_id.has_value() || instance.labels.contains(kLabel) || !instance.label(kLabel).empty();
}

}  // namespace

void add_proxy_environment(SpecDraft& draft) {
  if (!draft.instance.system && draft.instance.system_container.empty()) return;
  for (const auto& [name, value] : draft.facts.proxy_environment) {
    if (!value.empty()) draft.environment[name] = value;
  }
}

void add_server_environment(SpecDraft& draft) {
  const std::string& url = draft.facts.config_url;
  if (url.empty() || !wants_server_url(draft.instance)) return;
  auto& environment = draft.environment;
  const auto parts = http::parse_url(url);
  // In the container localhost is the container; it builds the address from these and the host's.
  if (parts && parts->host == "localhost") {
    environment.emplace("CATTLE_AGENT_INSTANCE", "true");
    environment.emplace("CATTLE_CONFIG_URL_SCHEME", parts->scheme);
    environment.emplace("CATTLE_CONFIG_URL_PATH", parts->path == "/" ? std::string{} : parts->path);
    environment.emplace("CATTLE_CONFIG_URL_PORT", std::to_string(draft.facts.api_proxy_port));
    return;
  }
  environment.emplace("CATTLE_CONFIG_URL", url);
  environment.emplace("CATTLE_URL", url);
}

}  // namespace cattle::handlers
