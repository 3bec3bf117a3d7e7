// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cattle::config {

/// Names the variable (and never its value when that is a secret).
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads one environment variable; nullopt when unset. An empty value counts as unset everywhere.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

struct Limits {
  std::size_t waiting_per_key = 64;
  std::size_t waiting = 1'024;
  std::size_t pings = 16'384;
  std::size_t workers = 64;
};

/// Everything that the agent reads from its environment, once. Depends on nothing else in the house.
struct Config {
  std::string url;  ///< CATTLE_URL, trailing /schemas and slashes cut off.
  std::string access_key;
  std::string secret_key;
  std::string agent_id;
  std::string config_url;
  std::string home;
  std::string state_dir;
  std::string build_dir;
  std::string host_ip;  ///< DOCKER_HOST_IP, else AGENT_IP.
  std::string hostname;
  std::map<std::string, std::string> create_labels;
  std::optional<std::int64_t> memory_override;
  std::optional<std::int64_t> milli_cpu_override;
  std::optional<std::int64_t> local_storage_mb_override;
  std::string docker_uuid;
  std::string physical_host_uuid;
  std::string docker_uuid_file;  ///< Where they are kept unless variables say them.
  std::string physical_host_uuid_file;
  std::string host_key_file;
  std::string host_api_proxy;
  int api_proxy_listen_port = 9342;
  std::string agent_image;
  bool ping_enabled = true;
  bool docker_enabled = true;
  bool detect_cloud_provider = true;
  bool debug = false;
  std::string log_file;
  std::string docker_host;
  std::string docker_cert_path;
  bool docker_tls_verify = false;
  std::string ca_file;                      ///< SSL_CERT_FILE, CURL_CA_BUNDLE.
  std::vector<std::string> extra_ca_files;  ///< Trusted beside it, where they exist (ca_bundle.hpp).
  std::string http_proxy;                   ///< For the server's URL, by its scheme.
  std::string no_proxy;
  std::string host_proc_root;  ///< HOST_PROC.
  std::string host_sys_root;   ///< HOST_SYS.
  std::string host_etc_root;   ///< HOST_ETC.
  std::string socket_tables;   ///< CATTLE_HOST_PROC.
  std::vector<std::pair<std::string, std::string>> proxy_environment;
  Limits limits;  ///< CATTLE_AGENT_WAITING_PER_KEY, CATTLE_AGENT_WAITING, CATTLE_AGENT_PINGS, CATTLE_WORKERS.
  std::chrono::seconds shutdown_grace{
      10};  ///< CATTLE_AGENT_GRACE_SECONDS: how long running work may go on after SIGTERM.
  std::string
      notify_socket;  ///< NOTIFY_SOCKET, WATCHDOG_USEC: set by systemd for a service that tells how it does.
  std::string watchdog_microseconds;
  std::string upgrade_images;         ///< CATTLE_UPGRADE_IMAGES.
  bool replace_wait_program = false;  ///< CATTLE_REPLACE_WAIT_PROGRAM.
  std::string
      package;  ///< CATTLE_AGENT_PACKAGE: set by our package's apply.sh; the server owns the program then.
  std::string stamp_file;             ///< CATTLE_STAMP_FILE.
  std::vector<std::string> warnings;  ///< Settings that were ignored, and why; for the log.
};

/// What the command line may override; empty means "not given".
struct Overrides {
  std::string url;
  std::string access_key;
  std::string secret_key;
  std::string agent_id;
  /// For looking at one event by hand: no server is needed, so that credentials may be missing, and identity
  /// files are neither written nor required.
  bool offline = false;
};

/// Throws ConfigError. Writes identity files where 9.3 of the event reference says so.
[[nodiscard]] Config load(const Environment& environment, const Overrides& overrides);

/// What can be said of a configuration without changing anything on this host: for diagnosis.
struct Survey {
  Config config;        ///< Without identities.
  std::string problem;  ///< Why load() would throw; empty when it would not.
};
[[nodiscard]] Survey survey(const Environment& environment);

/// Where `cattle-agent register` keeps a plain service's state unless STATE_DIR says otherwise.
inline constexpr const char* kServiceStateDirectory = "/var/lib/rancher/state";

/// Where `cattle-agent register` keeps URL and key of a plain service (0600), in the form of an option file.
/// Only read for what the environment does not set.
[[nodiscard]] std::string credentials_file(const std::string& state_dir);

}  // namespace cattle::config
