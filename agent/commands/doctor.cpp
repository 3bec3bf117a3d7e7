// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/doctor.hpp"

#include "agent/commands/surroundings.hpp"
#include "agent/doctor/dead_mounts.hpp"
#include "agent/doctor/doctor.hpp"
#include "config/ca_bundle.hpp"
#include "config/option_file.hpp"
#include "config/settings.hpp"
#include "docker-client/http/client.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>
#include <vector>

namespace cattle::agent::commands {
namespace {

doctor::ServerTarget server_target(const config::Config& config, const config::Environment& environment) {
  doctor::ServerTarget target;
  target.connection.url = config.url;
  target.connection.access_key = config.access_key;
  target.connection.secret_key = subscriber::Secret(config.secret_key);
  target.connection.ca_file = config.ca_file;
  target.connection.extra_ca_files = config.extra_ca_files;
  target.connection.proxy = config.http_proxy;
  target.connection.no_proxy = config.no_proxy;
  target.stored_ca = config::kServerCaFile;
  target.ca_fingerprint = environment("CA_FINGERPRINT").value_or("");
  return target;
}

/// As config::load() reads them.
config::Settings all_settings(const config::Config& config, const config::Environment& environment) {
  std::vector<std::string> warnings;  // The survey has said them.
  auto files = config::read_option_files(config::option_files(config.home), warnings);
  config::drop_overruled_address(files, environment);
  return {environment, std::move(files)};
}

/// Each as the agent finds it: it takes whichever is set for config::Config::host_ip, but only one may be a
/// name.
doctor::AddressWishes address_wishes(const config::Settings& settings) {
  return {settings.either("AGENT_IP", ""), settings.either("DOCKER_HOST_IP", "")};
}

/// What check_credentials() finds is not said twice.
std::vector<std::string> ignored_settings(const config::Config& config) {
  auto ignored = config.warnings;
  const auto credentials = config::credentials_file(config.state_dir);
  std::erase_if(ignored, [&](const auto& warning) { return warning.starts_with(credentials); });
  return ignored;
}

std::string directory_of(const std::string& file) {
  return std::filesystem::path(file).parent_path().string();
}

doctor::HostRoots host_roots(const config::Config& config, const config::Settings& settings) {
  // Until it is registered, a host's state is where the original would have it; what registering is going to
  // meet is elsewhere.
  const std::string registering = settings.either("STATE_DIR", config::kServiceStateDirectory);
  doctor::HostRoots roots;
  roots.state_dirs = {config.state_dir};
  roots.identity_files = {config.docker_uuid_file, config.physical_host_uuid_file};
  if (registering != config.state_dir) {
    roots.state_dirs.push_back(registering);
    for (const auto* name : {"/.docker_uuid", "/.physical_host_uuid"})
      roots.identity_files.push_back(registering + name);
  }
  roots.host_key = config.host_key_file;
  roots.ca_files = config.extra_ca_files;
  for (const auto& file : config::option_files(config.home)) roots.named_files.push_back(file.string());
  for (const auto* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    if (auto file = settings.exact(name)) roots.named_files.push_back(*std::move(file));
  }
  roots.directories = {registering,
                       config.state_dir,
                       config.home,
                       directory_of(config.docker_uuid_file),
                       directory_of(config.physical_host_uuid_file),
                       directory_of(kOptionFile),
                       directory_of(config.log_file)};
  roots.proc = config.host_proc_root;
  roots.sys = config.host_sys_root;
  return roots;
}

/// What reading the settings looks at, and what the environment names beside it.
std::vector<std::string> known_places(const config::Environment& environment) {
  std::vector<std::string> places{"/var/lib/cattle",
                                  "/var/lib/pasturestack",
                                  config::kServiceStateDirectory,
                                  kOptionFile,
                                  "/etc/cattle/agent/agent.conf",
                                  config::kServerCaFile,
                                  "/usr/local/share/ca-certificates/rancher",
                                  "/usr/local/share/ca-certificates/pasturestack",
                                  "/var/log/rancher"};
  for (const auto* name :
       {"CATTLE_HOME", "PLATFORM_HOME", "PASTURESTACK_HOME", "CATTLE_STATE_DIR", "PLATFORM_STATE_DIR",
        "CATTLE_AGENT_LOG_FILE", "CATTLE_DOCKER_UUID_FILE", "CATTLE_PHYSICAL_HOST_UUID_FILE",
        "CATTLE_HOST_KEY_FILE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    if (auto place = environment(name); place && !place->empty()) places.push_back(*std::move(place));
  }
  return places;
}

/// In an agent container, be it called there by `docker exec`: as the agent beside it sees this host.
config::Environment as_the_agent_sees_it(const config::Environment& environment) {
  const bool in_image = !environment("RANCHER_AGENT_IMAGE").value_or("").empty();
  return in_image ? with_image_defaults(environment) : environment;
}

}  // namespace

std::string doctor_codes_help() {
  std::string text = "Exit codes: that of the first finding, 0 without any.";
  for (auto code = static_cast<int>(doctor::Cause::configuration);
       code <= static_cast<int>(doctor::Cause::ca_fingerprint); ++code)
    text += " " + std::to_string(code) + " " + doctor::to_string(static_cast<doctor::Cause>(code)) + ";";
  text.back() = '.';
  return text;
}

int run_doctor(bool as_json, const config::Environment& given) {
  // Ten seconds for everything: the C library's own limits for a name server that does not answer are longer.
  // No other thread is there yet.
  ::setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);  // NOLINT(concurrency-mt-unsafe)
  const http::Library library;
  const auto environment = as_the_agent_sees_it(given);
  // First: the settings themselves are read from these.
  if (const auto dead = doctor::check_mounts_answer(known_places(environment)); !dead.empty())
    return doctor::report({dead, ""}, as_json, std::cout);
  const auto survey = config::survey(environment);
  const auto& config = survey.config;
  const auto settings = all_settings(config, environment);
  doctor::Examination examination;
  examination.configuration_problem = survey.problem;
  examination.ignored_settings = ignored_settings(config);
  examination.address = address_wishes(settings);
  examination.server = server_target(config, environment);
  examination.engine.host = config.docker_host;
  examination.engine.cert_path = config.docker_cert_path;
  examination.engine.tls = config.docker_tls_verify || !config.docker_cert_path.empty();
  examination.engine.tls_verify = config.docker_tls_verify;
  examination.host = host_roots(config, settings);
  return doctor::report(doctor::examine(examination), as_json, std::cout);
}

}  // namespace cattle::agent::commands
