// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/server.hpp"
#include "docker-client/client.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cattle::agent::registration {

/// What the modes of the image's entry point need from outside.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string&)>
      environment;  ///< agent.conf over the process's own.
  std::function<void(const std::string&)>
      say;  ///< A line on standard output; secrets are never handed to it.
  const docker::Client* engine = nullptr;
  docker::Call call;
  Waiting waiting;
  std::string own_container;      ///< Host name of this container: its short id.
  std::string state_dir;          ///< /var/lib/rancher/state.
  std::string option_file;        ///< /var/lib/rancher/etc/agent.conf.
  std::string ca_file;            ///< /var/lib/rancher/etc/ssl/ca.crt.
  bool state_is_mounted = false;  ///< /var/lib/rancher is the host's, so no inspection container is needed.
};

/// Mode URL, or `register` with RANCHER_URL: from the registration URL to a running agent container. Throws
/// Failure, docker::Error.
void register_and_launch(const std::string& url, const Surroundings& surroundings);

/// Mode upgrade, run by the old agent in a container of the new image: the old agent container's whole
/// environment is taken over through the engine's API, bit by bit (P36), the container is replaced on
/// probation. False when the old one is back.
[[nodiscard]] bool upgrade_agent(const Surroundings& surroundings);

/// TLS and proxies for the server as the environment has them, the stored CA added.
[[nodiscard]] ServerOptions server_options(const Surroundings& surroundings);

/// The server's CA by CA_FINGERPRINT, stored where those options find it: for Request::obtain_ca.
[[nodiscard]] bool obtain_ca(const std::string& url, const Surroundings& surroundings);

/// Name of the image under which `container` was started; throws Failure(engine) when there is no such
/// container.
[[nodiscard]] std::string image_of(const docker::Client& engine, const std::string& container,
                                   const docker::Call& call);

}  // namespace cattle::agent::registration
