// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cattle::handlers {

/// Host facts and settings that the handlers need, filled once by agent/main from config. Immutable
/// afterwards.
struct HostOptions {
  std::string docker_uuid;  ///< `host.uuid`, "<uuid>-pool" ...
  std::string physical_host_uuid;
  std::string hostname;
  std::string host_ip;  ///< dockerHostIp; may be empty.
  std::function<std::string()>
      current_host_ip;     ///< Asked instead where set: the address may change while we run.
  std::string server_url;  ///< CATTLE_URL without /schemas.
  std::string config_url;  ///< CATTLE_CONFIG_URL, else server_url: what agent containers are told (2.13).
  std::string api_proxy;   ///< CATTLE_HOST_API_PROXY.
  int api_proxy_listen_port = 9342;
  std::string home = "/var/lib/cattle";
  std::string state_dir;
  bool server_owns_program = false;  ///< Started by the server's package: see ConfigItemOptions.
  std::function<void(const std::string& reason)> request_exit;  ///< Finish the work and end; may be empty.
  std::string build_dir;                                        ///< Downloads for builds.
  std::string host_key_file;                                    ///< Empty: none is made, none reported.
  std::string agent_image;                                      ///< RANCHER_AGENT_IMAGE.
  std::string storage_socket_dir = "/var/run/rancher/storage";
  std::string cni_state_dir = "/var/lib/rancher/state/cni";
  std::string iops_dir = "/var/lib/rancher/state";
  std::string resolv_conf = "/etc/resolv.conf";
  std::string proc = "/proc";  ///< HOST_PROC.
  std::string sys = "/sys";    ///< HOST_SYS.
  std::string etc = "/etc";    ///< HOST_ETC.
  std::string host_proc;       ///< CATTLE_HOST_PROC; see pasturestack 3.5.
  std::map<std::string, std::string> create_labels;
  std::optional<std::int64_t> memory_override;
  std::optional<std::int64_t> milli_cpu_override;
  std::optional<std::int64_t> local_storage_mb_override;
  bool ping_enabled = true;
  bool docker_enabled = true;
  bool detect_cloud_provider = true;
  /// http_proxy HTTP_PROXY https_proxy HTTPS_PROXY no_proxy NO_PROXY, those that are set (2.12).
  std::vector<std::pair<std::string, std::string>> proxy_environment;

  [[nodiscard]] std::string address() const { return current_host_ip ? current_host_ip() : host_ip; }
};

}  // namespace cattle::handlers
