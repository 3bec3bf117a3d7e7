// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include "config/ca_bundle.hpp"
#include "config/home.hpp"
#include "config/host_labels.hpp"
#include "config/hostname.hpp"
#include "config/identity.hpp"
#include "config/option_file.hpp"
#include "config/settings.hpp"

#include <array>
#include <filesystem>

namespace cattle::config {
namespace {

constexpr std::array kProxyNames{"http_proxy",  "HTTP_PROXY", "https_proxy",
                                 "HTTPS_PROXY", "no_proxy",   "NO_PROXY"};

std::string first_of(const Settings& settings, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (auto value = settings.exact(name)) return *std::move(value);
  }
  return {};
}

std::string trimmed_url(std::string url, const std::string& name) {
  const auto cut_slashes = [&url] {
    while (url.ends_with('/')) url.pop_back();
  };
  cut_slashes();
  if (url.ends_with("/schemas")) url.erase(url.size() - std::string("/schemas").size());
  cut_slashes();
  const bool known_scheme = url.starts_with("http://") || url.starts_with("https://");
  if (!known_scheme || url.find("://") + 3 == url.size()) {
    throw ConfigError(name + " must be a URL that begins with http:// or https://");
  }
  const auto authority = url.substr(url.find("://") + 3);
  if (authority.substr(0, authority.find('/')).find('@') != std::string::npos) {
    throw ConfigError(name + " must not hold credentials: use CATTLE_ACCESS_KEY and CATTLE_SECRET_KEY");
  }
  return url;
}

void read_server(Settings& settings, const Overrides& overrides, Config& config) {
  const auto choose = [&](const std::string& given, const std::string& name) {
    if (!given.empty()) return given;
    // The discard port: nobody answers there.
    if (overrides.offline) return settings.either(name, name == "URL" ? "http://127.0.0.1:9/v1" : "none");
    return settings.required(name);
  };
  config.url = trimmed_url(choose(overrides.url, "URL"), "CATTLE_URL");
  config.access_key = choose(overrides.access_key, "ACCESS_KEY");
  config.secret_key = choose(overrides.secret_key, "SECRET_KEY");
  config.agent_id =
      overrides.agent_id.empty() ? settings.exact("CATTLE_AGENT_ID").value_or("") : overrides.agent_id;
  // What agent containers are told; they may reach the server by another way than we do.
  const auto config_url = settings.either("CONFIG_URL");
  const bool is_invented = overrides.offline && overrides.url.empty() && !settings.either("URL");
  config.config_url = config_url    ? trimmed_url(*config_url, "CATTLE_CONFIG_URL")
                      : is_invented ? ""
                                    : config.url;
  std::vector<std::string> warnings;
  config.ca_file = given_ca_bundle([&](const std::string& name) { return settings.exact(name); }, warnings);
  for (const auto& warning : warnings) settings.warn(warning);
  config.extra_ca_files = extra_ca_files();
  if (config.ca_file.empty() && config.url.starts_with("https://")) config.ca_file = default_ca_bundle();
  config.http_proxy = config.url.starts_with("https://") ? first_of(settings, {"https_proxy", "HTTPS_PROXY"})
                                                         : first_of(settings, {"http_proxy", "HTTP_PROXY"});
  config.no_proxy = first_of(settings, {"no_proxy", "NO_PROXY"});
  for (const char* name : kProxyNames) {
    if (auto value = settings.exact(name)) config.proxy_environment.emplace_back(name, *std::move(value));
  }
}

void read_host(Settings& settings, Config& config) {
  config.host_ip = settings.either("DOCKER_HOST_IP", settings.either("AGENT_IP", ""));
  config.hostname = settings.either("HOSTNAME", "");
  if (config.hostname.empty()) config.hostname = local_hostname();
  config.create_labels = parse_host_labels(settings.either("HOST_LABELS", ""));
  if (auto ips = settings.exact("CATTLE_SCHEDULER_IPS"))
    config.create_labels["io.rancher.scheduler.ips"] = *ips;
  if (auto any = settings.exact("CATTLE_SCHEDULER_REQUIRE_ANY")) {
    config.create_labels["io.rancher.scheduler.require_any"] = *any;
  }
  config.memory_override = settings.positive("CATTLE_MEMORY_OVERRIDE");
  config.milli_cpu_override = settings.positive("CATTLE_MILLI_CPU_OVERRIDE");
  config.local_storage_mb_override = settings.positive("CATTLE_LOCAL_STORAGE_MB_OVERRIDE");
  config.agent_image = settings.exact("RANCHER_AGENT_IMAGE").value_or("");
  config.host_proc_root = settings.exact("HOST_PROC").value_or("/proc");
  config.host_sys_root = settings.exact("HOST_SYS").value_or("/sys");
  config.host_etc_root = settings.exact("HOST_ETC").value_or("/etc");
  config.socket_tables = settings.exact("CATTLE_HOST_PROC").value_or("");
}

void read_identities(Settings& settings, bool offline, Config& config) {
  std::vector<std::string> warnings;
  const auto identity_of = [&](const std::string& name, const std::string& file) {
    return offline ? known_identity(file, settings.either(name))
                   : identity(file, settings.either(name), warnings);
  };
  config.physical_host_uuid = identity_of("PHYSICAL_HOST_UUID", config.physical_host_uuid_file);
  config.docker_uuid = identity_of("DOCKER_UUID", config.docker_uuid_file);
  for (const auto& warning : warnings) settings.warn(warning);
}

void read_paths(const Settings& settings, Config& config) {
  const std::filesystem::path state(config.state_dir);
  config.physical_host_uuid_file =
      settings.either("PHYSICAL_HOST_UUID_FILE", (state / ".physical_host_uuid").string());
  config.docker_uuid_file = settings.either("DOCKER_UUID_FILE", (state / ".docker_uuid").string());
  config.host_key_file = settings.either("HOST_KEY_FILE", (state / "../etc/ssl/host.key").string());
  config.build_dir = settings.either("BUILD_DIR", (std::filesystem::path(config.home) / "builds").string());
  config.notify_socket = settings.exact("NOTIFY_SOCKET").value_or("");
  config.watchdog_microseconds = settings.exact("WATCHDOG_USEC").value_or("");
  config.upgrade_images = settings.exact("CATTLE_UPGRADE_IMAGES").value_or("");
  config.replace_wait_program = settings.exact("CATTLE_REPLACE_WAIT_PROGRAM") == "true";
  config.package = settings.exact("CATTLE_AGENT_PACKAGE").value_or("");
  config.stamp_file = settings.either("STAMP_FILE", config.home + "/.pyagent-stamp");
  config.log_file = settings.exact("CATTLE_AGENT_LOG_FILE").value_or("/var/log/rancher/agent.log");
}

void read_engine(const Settings& settings, Config& config) {
  config.docker_host = settings.exact("DOCKER_HOST").value_or("unix:///var/run/docker.sock");
  config.docker_cert_path = settings.exact("DOCKER_CERT_PATH").value_or("");
  // As Docker's own command line: any value that is not empty switches the check on.
  config.docker_tls_verify = settings.exact("DOCKER_TLS_VERIFY").has_value();
  config.host_api_proxy = settings.either("HOST_API_PROXY", "");
  config.ping_enabled = settings.flag("PING_ENABLED", true);
  config.docker_enabled = settings.flag("DOCKER_ENABLED", true);
  config.detect_cloud_provider = settings.flag("DETECT_CLOUD_PROVIDER", true);
}

void read_port(Settings& settings, Config& config) {
  const auto old_name = settings.positive("CATTLE_API_PROXY_LISTEN_PORT");
  const auto port = settings.exact("PLATFORM_API_PROXY_LISTEN_PORT")
                        ? settings.positive("PLATFORM_API_PROXY_LISTEN_PORT")
                        : old_name;
  if (!port) return;
  if (*port <= 65'535) {
    config.api_proxy_listen_port = static_cast<int>(*port);
  } else {
    settings.warn("CATTLE_API_PROXY_LISTEN_PORT is no port and is ignored");
  }
}

void read_switches(Settings& settings, Config& config) {
  config.debug =
      !first_of(settings, {"PASTURESTACK_DEBUG", "CATTLE_SCRIPT_DEBUG", "RANCHER_DEBUG"}).empty() ||
      settings.exact("CATTLE_DEBUG") == "true";
  const auto limit = [&settings](const char* name, std::size_t& value) {
    if (const auto given = settings.positive(name)) value = static_cast<std::size_t>(*given);
  };
  limit("CATTLE_AGENT_WAITING_PER_KEY", config.limits.waiting_per_key);
  limit("CATTLE_AGENT_WAITING", config.limits.waiting);
  limit("CATTLE_AGENT_PINGS", config.limits.pings);
  limit("CATTLE_WORKERS", config.limits.workers);
  if (const auto grace = settings.positive("CATTLE_AGENT_GRACE_SECONDS")) {
    config.shutdown_grace = std::chrono::seconds(*grace);
  }
}

void read_rest(Settings& settings, Config& config) {
  read_host(settings, config);
  read_engine(settings, config);
  read_port(settings, config);
  read_switches(settings, config);
  read_paths(settings, config);
}

/// A word to whoever reads the log; no fault of the host, so that a survey says nothing of it.
void note_locale(Settings& settings) {
  const auto locale = settings.exact("PASTURESTACK_LOCALE").value_or("en-US");
  if (locale != "en-US")
    settings.warn("PASTURESTACK_LOCALE: only en-US is spoken here, other values are ignored");
}

/// What load() would say of identities that variables give.
void survey_identities(const Settings& settings, Survey& result) {
  for (const auto* name : {"PHYSICAL_HOST_UUID", "DOCKER_UUID"}) {
    const auto given = settings.either(name);
    if (result.problem.empty() && given && !identity_in(*given)) {
      result.problem =
          std::string("CATTLE_") + name + " holds no identity: one word of printable characters is expected";
    }
  }
}

/// The process's environment, and behind it what `register` stored for a plain service: never the other way
/// round, since a container that a server made has its own key.
Environment with_stored_credentials(const Environment& environment, const std::string& state_dir,
                                    std::vector<std::string>& warnings) {
  const auto stored = read_option_files({credentials_file(state_dir)}, warnings);
  return [environment, stored](const std::string& name) -> std::optional<std::string> {
    auto value = environment(name);
    if (value && !value->empty()) return value;
    const auto found = stored.find(name);
    return found == stored.end() ? std::nullopt : std::optional(found->second);
  };
}

/// Where `register` has made this host a plain service's, its place; else home, as the original has it. A
/// copy of another machine has no credentials until it is registered anew: what it kept says the same.
std::string default_state_directory(const std::string& home) {
  std::error_code error;
  const std::filesystem::path service(kServiceStateDirectory);
  for (const auto& kept : {std::filesystem::path(credentials_file(service)), service / "registration_url",
                           service / "clone-of"}) {
    if (std::filesystem::exists(kept, error)) return service;
  }
  return home;
}

Settings open_settings(const Environment& environment, Config& config) {
  config.home = home_directory(environment, "/var/lib");
  std::vector<std::string> file_warnings;
  auto files = read_option_files(option_files(config.home), file_warnings);
  drop_overruled_address(files, environment);
  config.state_dir = Settings(environment, files).either("STATE_DIR", default_state_directory(config.home));
  Settings settings(with_stored_credentials(environment, config.state_dir, file_warnings), files);
  for (const auto& warning : file_warnings) settings.warn(warning);
  return settings;
}

/// What is missing may be what `register` had stored: then that is the news, and its remedy another.
std::string with_damage(const std::string& problem, const std::string& state_dir) {
  const auto file = credentials_file(state_dir);
  std::error_code error;
  if (std::filesystem::symlink_status(file, error).type() == std::filesystem::file_type::not_found)
    return problem;
  std::vector<std::string> ignored;
  const auto stored = read_option_files({file}, ignored);
  for (const auto* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) {
    if (!stored.contains(name))
      return std::string(problem).append("; ").append(file).append(
          " is damaged: run `cattle-agent register` with the Add Host URL again");
  }
  return problem;
}

}  // namespace

std::string credentials_file(const std::string& state_dir) {
  return state_dir + "/credentials.conf";
}

Config load(const Environment& environment, const Overrides& overrides) {
  Config config;
  Settings settings = open_settings(environment, config);
  try {
    read_server(settings, overrides, config);
  } catch (const ConfigError& error) {
    throw ConfigError(with_damage(error.what(), config.state_dir));
  }
  read_rest(settings, config);
  read_identities(settings, overrides.offline, config);
  note_locale(settings);
  config.warnings = settings.warnings();
  return config;
}

Survey survey(const Environment& environment) {
  Survey result;
  Settings settings = open_settings(environment, result.config);
  try {
    read_server(settings, {}, result.config);
  } catch (const ConfigError& error) {
    result.problem = error.what();
  }
  read_rest(settings, result.config);
  survey_identities(settings, result);
  result.config.warnings = settings.warnings();
  return result;
}

}  // namespace cattle::config
