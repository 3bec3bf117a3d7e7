// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <regex>

namespace cattle::handlers {
namespace {

struct UrlParts {
  std::string scheme;
  std::string host;
  std::string path;
};

/// The expression of RFC 3986, appendix B, with the authority cut further into user, host and port.
UrlParts parts_of(const std::string& url) {
  static const std::regex expression(
      R"(^(?:([^:/?#]+):)?(?://(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)(?::[0-9]*)?)?([^?#]*).*$)");
  std::smatch match;
  if (!std::regex_match(url, match, expression)) return {};
  return {match[1], match[2], match[3]};
}

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
  const UrlParts parts = parts_of(url);
  // In the container localhost is the container; it builds the address from these and the host's.
  if (parts.host == "localhost") {
    environment.emplace("CATTLE_AGENT_INSTANCE", "true");
    environment.emplace("CATTLE_CONFIG_URL_SCHEME", parts.scheme);
    environment.emplace("CATTLE_CONFIG_URL_PATH", parts.path);
    environment.emplace("CATTLE_CONFIG_URL_PORT", std::to_string(draft.facts.api_proxy_port));
    return;
  }
  environment.emplace("CATTLE_CONFIG_URL", url);
  environment.emplace("CATTLE_URL", url);
}

}  // namespace cattle::handlers
