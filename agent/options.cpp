// SPDX-License-Identifier: Apache-2.0
#include "agent/options.hpp"

#include "docker-client/error.hpp"
#include "docker-client/http/url.hpp"
#include "subscriber/http_options.hpp"

#include <utility>

namespace cattle::agent {
namespace {

subscriber::Connection connection(const config::Config& config) {
  subscriber::Connection result;
  result.url = config.url;
  result.access_key = config.access_key;
  result.secret_key = subscriber::Secret(config.secret_key);
  result.ca_file = config.ca_file;
  result.extra_ca_files = config.extra_ca_files;
  result.proxy = config.http_proxy;
  result.no_proxy = config.no_proxy;
  return result;
}

DispatcherOptions dispatcher_options(const config::Limits& limits) {
  DispatcherOptions result;
  const auto admitted = limits.waiting + limits.workers;
  result.queue.waiting_per_key = limits.waiting_per_key;
  result.queue.admitted = admitted;
  result.workers.threads = limits.workers;
  result.workers.waiting =
      admitted;  // The queue's bound comes first: what it lets through always finds a place.
  result.immediate.threads = limits.workers;
  result.immediate.waiting = limits.pings;
  result.prompt.waiting = limits.pings;
  result.pings.waiting = limits.pings;
  return result;
}

}  // namespace

http::ClientOptions server_api_options(const config::Config& config) {
  if (config.url.empty()) return {};  // `event` works without a server.
  if (!http::parse_url(config.url))
    throw config::ConfigError("CATTLE_URL is no address of a server: " + config.url);
  return subscriber::http_options(connection(config));
}

docker::EngineOptions checked(docker::EngineOptions options) {
  try {
    docker::check_address(options);
  } catch (const docker::Error& error) {
    throw config::ConfigError(error.what());
  }
  return options;
}

docker::EngineOptions engine_options(const config::Config& config) {
  docker::EngineOptions result;
  if (!config.docker_host.empty()) result.host = config.docker_host;
  result.cert_path = config.docker_cert_path;
  result.tls = config.docker_tls_verify || !config.docker_cert_path.empty();
  result.tls_verify = config.docker_tls_verify;
  return checked(std::move(result));
}

handlers::HostOptions host_options(const config::Config& config) {
  handlers::HostOptions result;
  result.docker_uuid = config.docker_uuid;
  result.physical_host_uuid = config.physical_host_uuid;
  result.hostname = config.hostname;
  result.host_ip = config.host_ip;
  result.server_url = config.url;
  result.config_url = config.config_url;
  result.api_proxy = config.host_api_proxy;
  result.api_proxy_listen_port = config.api_proxy_listen_port;
  result.home = config.home;
  result.state_dir = config.state_dir;
  result.build_dir = config.build_dir;
  result.host_key_file = config.host_key_file;
  result.agent_image = config.agent_image;
  result.proc = config.host_proc_root;
  result.sys = config.host_sys_root;
  result.etc = config.host_etc_root;
  result.host_proc = config.socket_tables;
  result.create_labels = config.create_labels;
  result.memory_override = config.memory_override;
  result.milli_cpu_override = config.milli_cpu_override;
  result.local_storage_mb_override = config.local_storage_mb_override;
  result.ping_enabled = config.ping_enabled;
  result.docker_enabled = config.docker_enabled;
  result.detect_cloud_provider = config.detect_cloud_provider;
  result.proxy_environment = config.proxy_environment;
  return result;
}

AgentOptions make_options(const config::Config& config) {
  AgentOptions result;
  result.subscription.connection = connection(config);
  result.subscription.agent_id = config.agent_id;
  result.publisher.connection = connection(config);
  result.server_api = server_api_options(config);
  result.engine = engine_options(config);
  result.host = host_options(config);
  result.dispatcher = dispatcher_options(config.limits);
  result.log.file = config.log_file;
  result.address.wish = config.host_ip;
  if (const auto url = http::parse_url(config.url)) {
    result.address.server_host = url->host;
    result.address.server_port = url->port;
  }
  result.log.debug = config.debug;
  result.grace = config.shutdown_grace;
  result.notify_socket = config.notify_socket;
  result.watchdog_microseconds = config.watchdog_microseconds;
  result.upkeep.preparation.replace_wait_program = config.replace_wait_program;
  result.upkeep.image = {config.agent_image, config.upgrade_images};
  result.warnings = config.warnings;
  return result;
}

}  // namespace cattle::agent
