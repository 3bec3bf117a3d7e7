// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/surroundings.hpp"

#include "agent/options.hpp"
#include "agent/registration/share_mounts.hpp"
#include "config/ca_bundle.hpp"
#include "config/option_file.hpp"
#include "config/settings.hpp"

#include <unistd.h>

#include <array>
#include <iostream>
#include <map>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace cattle::agent::commands {
namespace {

constexpr auto kStateDir = config::kServiceStateDirectory;

std::string own_host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::unique_ptr<docker::Client> engine_of(const config::Environment& environment) {
  docker::EngineOptions options;
  if (const auto host = environment("DOCKER_HOST"); host && !host->empty()) options.host = *host;
  if (const auto path = environment("DOCKER_CERT_PATH"); path && !path->empty()) {
    options.cert_path = *path;
    options.tls = true;
  }
  options.tls_verify = !environment("DOCKER_TLS_VERIFY").value_or("").empty();
  return std::make_unique<docker::Client>(checked(std::move(options)));
}

/// What has two names (S15), by whichever is set. The image has the old ones only, as the stock images do.
config::Environment with_either_name(const config::Environment& environment) {
  return [environment](const std::string& name) {
    static const std::set<std::string> kBoth{"CATTLE_ACCESS_KEY",     "CATTLE_SECRET_KEY",
                                             "CATTLE_AGENT_IP",       "CATTLE_HOST_LABELS",
                                             "CATTLE_HOST_API_PROXY", "CATTLE_DETECT_CLOUD_PROVIDER",
                                             "CATTLE_STATE_DIR"};
    constexpr std::size_t kPrefix = std::string_view("CATTLE_").size();
    return kBoth.contains(name) ? config::Settings(environment, {}).either(name.substr(kPrefix))
                                : environment(name);
  };
}

Here common(const config::Environment& environment) {
  Here here;
  here.engine = engine_of(environment);
  auto& around = here.surroundings;
  around.engine = here.engine.get();
  around.environment = environment;
  around.say = [](const std::string& line) { std::cout << line << std::endl; };
  around.waiting.now = [] { return std::chrono::steady_clock::now(); };
  around.waiting.pause = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
    return true;
  };
  around.option_file = kOptionFile;
  around.ca_file = config::kServerCaFile;
  return here;
}

}  // namespace

Here plain_surroundings(const config::Environment& environment) {
  auto here = common(with_either_name(environment));
  const auto state = here.surroundings.environment("CATTLE_STATE_DIR").value_or("");
  here.surroundings.state_dir = state.empty() ? kStateDir : state;
  here.surroundings.state_is_mounted = true;
  return here;
}

Here image_surroundings(const config::Environment& environment) {
  std::vector<std::string> warnings;
  auto file = config::read_option_files({kOptionFile}, warnings);
  config::drop_overruled_address(file, environment);
  const auto over = [environment, file](const std::string& name) -> std::optional<std::string> {
    const auto found = file.find(name);
    return found == file.end() ? environment(name) : std::optional(found->second);
  };
  auto here = common(over);
  for (const auto& warning : warnings) here.surroundings.say("WARN: " + warning);
  here.surroundings.state_dir = kStateDir;
  here.surroundings.own_container = own_host_name();
  here.surroundings.state_is_mounted = registration::is_mount_point("/var/lib/rancher");
  return here;
}

config::Environment with_image_defaults(const config::Environment& environment) {
  static const std::map<std::string, std::string> kDefaults{
      {"CATTLE_HOME", "/var/lib/cattle"},
      {"CATTLE_STATE_DIR", kStateDir},
      {"CATTLE_AGENT_LOG_FILE", "/var/log/rancher/agent.log"}};
  return [environment](const std::string& name) -> std::optional<std::string> {
    auto value = environment(name);
    if (value && !value->empty()) return value;
    const auto found = kDefaults.find(name);
    return found == kDefaults.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace cattle::agent::commands
