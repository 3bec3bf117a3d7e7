// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_draft.hpp"

#include <algorithm>

namespace cattle::handlers {
namespace {

using Domains = std::vector<std::string>;

bool contains(const Domains& domains, const std::string& domain) {
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

/// The host's domains go behind the instance's, or before them where the label says that the services come
/// last (H44).
Domains with_host_domains(const SpecDraft& draft, const Domains& own) {
  Domains added;
  for (const std::string& domain : draft.facts.host_search_domains) {
    if (!contains(own, domain) && !contains(added, domain)) added.push_back(domain);
  }
  const bool services_last = draft.instance.label("io.rancher.container.dns.priority") == "service_last";
  const Domains& first = services_last ? added : own;
  const Domains& last = services_last ? own : added;
  Domains merged = first;
  merged.insert(merged.end(), last.begin(), last.end());
  return merged;
}

}  // namespace

bool wants_host_search_domains(const Instance& instance) {
  const auto domains = instance.settings().texts("dnsSearch");
  return domains && !domains->empty() &&
         std::all_of(domains->begin(), domains->end(),
                     [](const std::string& domain) { return domain.ends_with("rancher.internal"); });
}

void add_dns(SpecDraft& draft) {
  const JsonFields& settings = draft.settings;
  auto servers = settings.texts("dns").value_or(Domains{});
  auto search = settings.texts("dnsSearch").value_or(Domains{});
  auto options = settings.texts("dnsOpt").value_or(Domains{});
  auto hosts = settings.texts("extraHosts").value_or(Domains{});
  // The engine refuses these for a container that lives in another's network (B35).
  if (draft.network == NetworkKind::container) return;
  if (wants_host_search_domains(draft.instance)) search = with_host_domains(draft, search);
  const auto put = [&](const char* docker, Domains& list) {
    if (!list.empty()) draft.host_config[docker] = std::move(list);
  };
  put("Dns", servers);
  put("DnsSearch", search);
  put("DnsOptions", options);
  put("ExtraHosts", hosts);
}

}  // namespace cattle::handlers
