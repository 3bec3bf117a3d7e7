// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/doctor.hpp"

#include "agent/commands/surroundings.hpp"
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

/// Each as the agent finds it: it takes whichever is set for config::Config::host_ip, but only one may be a
/// name.
doctor::AddressWishes address_wishes(const config::Config& config, const config::Environment& environment) {
  std::vector<std::string> warnings;  // The survey has said them.
  auto files = config::read_option_files(config::option_files(config.home), warnings);
  config::drop_overruled_address(files, environment);
  const config::Settings settings(environment, std::move(files));
  return {settings.either("AGENT_IP", ""), settings.either("DOCKER_HOST_IP", "")};
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
  const auto survey = config::survey(environment);
  const auto& config = survey.config;
  doctor::Examination examination;
  examination.configuration_problem = survey.problem;
  examination.address = address_wishes(config, environment);
  examination.server = server_target(config, environment);
  examination.engine.host = config.docker_host;
  examination.engine.cert_path = config.docker_cert_path;
  examination.engine.tls = config.docker_tls_verify || !config.docker_cert_path.empty();
  examination.engine.tls_verify = config.docker_tls_verify;
  examination.host.state_dir = config.state_dir;
  examination.host.home = config.home;
  examination.host.host_key = config.host_key_file;
  examination.host.ca_files = config.extra_ca_files;
  examination.host.disks = {config.state_dir, config.home,
                            std::filesystem::path(config.log_file).parent_path().string()};
  examination.host.proc = config.host_proc_root;
  examination.host.sys = config.host_sys_root;
  return doctor::report(doctor::examine(examination), as_json, std::cout);
}

}  // namespace cattle::agent::commands
