// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/entry_point.hpp"

#include "agent/registration/address.hpp"
#include "agent/registration/agent_container.hpp"
#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/host_inspection.hpp"
#include "agent/registration/key.hpp"
#include "agent/registration/option_file_entry.hpp"
#include "agent/registration/registrar.hpp"
#include "agent/registration/upgrade.hpp"
#include "config/ca_bundle.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace cattle::agent::registration {
namespace {

std::string value_of(const Surroundings& surroundings, const std::string& name) {
  return surroundings.environment(name).value_or("");
}

}  // namespace

ServerOptions server_options(const Surroundings& surroundings) {
  const auto either = [&](const char* lower, const char* upper) {
    const auto value = value_of(surroundings, lower);
    return value.empty() ? value_of(surroundings, upper) : value;
  };
  ServerOptions options;
  options.ca_file = config::given_ca_bundle(surroundings.environment, options.warnings);
  options.extra_ca_files = config::extra_ca_files(surroundings.ca_file);
  options.http_proxy = either("http_proxy", "HTTP_PROXY");
  options.https_proxy = either("https_proxy", "HTTPS_PROXY");
  options.no_proxy = either("no_proxy", "NO_PROXY");
  return options;
}

namespace {

HostFacts host_facts(const Surroundings& surroundings, const std::string& image) {
  if (surroundings.state_is_mounted && is_writable_directory(surroundings.state_dir)) {
    return {registration_key(surroundings.state_dir), true};
  }
  const auto volume = choose_state_volume(*surroundings.engine, surroundings.call);
  return inspect_host_by_container(*surroundings.engine, image, volume, {}, surroundings.say,
                                   surroundings.call);
}

/// What the stock image's environment can't carry.
HostKeeping to_keep(const Surroundings& surroundings, const AddressWish& wish, bool fetched_ca) {
  HostKeeping keeping;
  for (const auto* name : {"CATTLE_UPGRADE_IMAGES", "CATTLE_REPLACE_WAIT_PROGRAM"}) {
    if (auto value = value_of(surroundings, name); !value.empty()) keeping.options[name] = std::move(value);
  }
  if (wish.kind == AddressWish::Kind::interface || wish.kind == AddressWish::Kind::network)
    keeping.options["CATTLE_AGENT_IP"] = value_of(surroundings, "CATTLE_AGENT_IP");
  if (fetched_ca) keeping.ca = config::read_state_file(surroundings.ca_file).value_or("") + "\n";
  return keeping;
}

/// Without the host's /var/lib/rancher in this container, what is written here is lost with it.
void keep(const Surroundings& surroundings, const HostKeeping& keeping, const std::string& image,
          bool writable) {
  if (surroundings.state_is_mounted && writable) {
    for (const auto& [name, value] : keeping.options) set_option(surroundings.option_file, name, value);
  } else if (!keeping.is_empty()) {
    const auto volume = choose_state_volume(*surroundings.engine, surroundings.call);
    (void)inspect_host_by_container(*surroundings.engine, image, volume, keeping, surroundings.say,
                                    surroundings.call);
  }
}

/// An address that was given now is newer than an interface or network that was given before.
void forget_address_rule(const std::string& option_file) {
  std::vector<std::string> ignored;
  const auto stored = config::read_option_files({option_file}, ignored);
  const auto found = stored.find("CATTLE_AGENT_IP");
  if (found != stored.end() && config::is_address_rule(found->second))
    remove_options(option_file, {"CATTLE_AGENT_IP"});
}

bool knows_cgroup_namespaces(const Surroundings& surroundings) {
  return docker::api_at_least(surroundings.engine->version(surroundings.call).api_version, "1.41");
}

std::map<std::string, std::string> forwarded_environment(const Surroundings& surroundings) {
  std::map<std::string, std::string> found;
  for (const auto& name : forwarded_variables()) {
    if (const auto value = surroundings.environment(name); value && !value->empty()) found[name] = *value;
  }
  return found;
}

AgentContainer agent_container(const Surroundings& surroundings, const std::string& image,
                               bool var_lib_writable) {
  AgentContainer agent;
  agent.image = image;
  agent.state_volume = choose_state_volume(*surroundings.engine, surroundings.call);
  agent.var_lib_writable = var_lib_writable;
  agent.host_cgroup_namespace = knows_cgroup_namespaces(surroundings);
  return agent;
}

/// The old container's own mount tells whether the host's /var/lib/rancher can be written (P26).
bool has_host_state(const docker::Container& old) {
  for (const auto& mount : old.raw.at("Mounts")) {
    if (mount.value("Destination", "") == "/var/lib/rancher") return mount.value("Type", "") == "bind";
  }
  return true;
}

/// For a copy of this machine, which registers anew with it.
void keep_url(const std::string& state_dir, const std::string& url) {
  constexpr mode_t kSecret = 0600;
  config::write_state_file(state_dir + "/registration_url", url + "\n", kSecret);
}

void launch(const Surroundings& surroundings, const AgentContainer& agent) {
  const auto id = launch_agent(*surroundings.engine, agent, surroundings.call);
  surroundings.say("INFO: Launched Rancher Agent: " + id);
}

}  // namespace

std::string image_of(const docker::Client& engine, const std::string& container, const docker::Call& call) {
  const auto found = engine.inspect_container(container, call);
  if (!found) {
    throw Failure(Outcome::engine,
                  "the engine knows no container " + container +
                      "; run without --hostname and without host networking, and mount the engine's "
                      "socket");
  }
  return found->raw.at("Config").at("Image").get<std::string>();
}

bool obtain_ca(const std::string& url, const Surroundings& surroundings) {
  return fetch_ca_certificate({url, value_of(surroundings, "CA_FINGERPRINT"), surroundings.ca_file},
                              server_options(surroundings), surroundings.say);
}

void register_and_launch(const std::string& url, const Surroundings& surroundings) {
  const auto image = image_of(*surroundings.engine, surroundings.own_container, surroundings.call);
  const auto wish = parse_address_wish(value_of(surroundings, "CATTLE_AGENT_IP"));
  const auto options = server_options(surroundings);
  for (const auto& warning : options.warnings) surroundings.say("WARN: " + warning);

  const auto facts = host_facts(surroundings, image);
  Request request;
  request.url = url;
  request.url_override = value_of(surroundings, "CATTLE_URL_OVERRIDE");
  request.access_key = value_of(surroundings, "CATTLE_ACCESS_KEY");
  request.secret_key = subscriber::Secret(value_of(surroundings, "CATTLE_SECRET_KEY"));
  request.key = [&] {
    if (facts.key.empty()) throw Failure(Outcome::state, "no registration key could be stored on the host");
    return facts.key;
  };
  bool fetched_ca = false;
  request.obtain_ca = [&] { return fetched_ca = obtain_ca(url, surroundings); };
  request.say = surroundings.say;
  const auto credentials = register_host(Server(options), request, surroundings.waiting);

  if (surroundings.state_is_mounted && facts.var_lib_writable) keep_url(surroundings.state_dir, url);
  auto agent = agent_container(surroundings, image, facts.var_lib_writable);
  agent.environment = forwarded_environment(surroundings);
  agent.environment["CATTLE_URL"] = credentials.url;
  agent.environment["CATTLE_ACCESS_KEY"] = credentials.access_key;
  agent.environment["CATTLE_SECRET_KEY"] = credentials.secret_key.reveal();
  const auto keeping = to_keep(surroundings, wish, fetched_ca);
  // The stock image refuses to start with a rule in its environment (P9), so that the way back would be
  // barred.
  if (keeping.options.contains("CATTLE_AGENT_IP")) agent.environment.erase("CATTLE_AGENT_IP");
  if (wish.kind == AddressWish::Kind::address) forget_address_rule(surroundings.option_file);
  keep(surroundings, keeping, image, facts.var_lib_writable);
  for (const auto name : {kUpgradeName, kForkUpgradeName})
    remove_by_name(*surroundings.engine, name, surroundings.call);
  launch(surroundings, agent);
}

namespace {

/// What the old container was given by the host's operator; not what its image brought along, nor names that
/// no registration passes on (P25, P36).
std::map<std::string, std::string> inherited_environment(const docker::Container& old) {
  std::map<std::string, std::string> found;
  const auto& names = forwarded_variables();
  for (const auto& entry : old.raw.at("Config").at("Env")) {
    const auto text = entry.get<std::string>();
    const auto equals = text.find('=');
    if (equals == std::string::npos) continue;  // Old docker clients passed unset variables as bare names.
    const auto name = text.substr(0, equals);
    if (std::find(names.begin(), names.end(), name) != names.end()) found[name] = text.substr(equals + 1);
  }
  return found;
}

Replacement replacement_of(const Surroundings& surroundings, const docker::Container& old,
                           const std::string& image) {
  Replacement replacement;
  replacement.agent = agent_container(surroundings, image, has_host_state(old));
  replacement.agent.environment = inherited_environment(old);
  replacement.old_id = old.id;
  const auto seconds = value_of(surroundings, "CATTLE_UPGRADE_PROBATION_SECONDS");
  int given = 0;
  const auto result = std::from_chars(seconds.data(), seconds.data() + seconds.size(), given);
  if (result.ec == std::errc() && given > 0) replacement.probation = std::chrono::seconds(given);
  return replacement;
}

}  // namespace

bool upgrade_agent(const Surroundings& surroundings) {
  const auto image = image_of(*surroundings.engine, surroundings.own_container, surroundings.call);
  outlast_the_engine(*surroundings.engine, surroundings.own_container, surroundings.call);
  const ReplacementSite site{*surroundings.engine, surroundings.waiting, surroundings.say, surroundings.call};
  auto old = find_by_name(*surroundings.engine, kAgentName, surroundings.call);
  if (!old) old = find_by_name(*surroundings.engine, kForkAgentName, surroundings.call);
  const auto previous = find_by_name(*surroundings.engine, kPreviousName, surroundings.call);
  const bool replaced = !old || old->raw.at("Config").at("Image") == image;
  if (previous && replaced) {
    surroundings.say("going on with a replacement that was interrupted");
    return resume_replacement(site, replacement_of(surroundings, *previous, image), old ? old->id : "");
  }
  if (!old) throw Failure(Outcome::engine, "there is no agent container to upgrade");
  auto replacement = replacement_of(surroundings, *old, image);
  replacement.old_name = old->name.substr(1);
  const auto policy = old->raw.at("HostConfig").at("RestartPolicy").at("Name").get<std::string>();
  // "no": a helper before this one was cut off when it had set it.
  replacement.old_policy = policy.empty() || policy == "no" ? "always" : policy;
  return replace_with_probation(site, replacement);
}

}  // namespace cattle::agent::registration
