// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace cattle::agent::registration {

/// What section 4.2 finds out about the host.
struct HostFacts {
  std::string key;               ///< The registration key; a secret.
  bool var_lib_writable = true;  ///< `/var/lib/rancher/state` can be made on the host.
};

struct StateDirectories {
  std::string host = "/var/lib/rancher/state";  ///< The host's own.
  std::string volume = "/state/state";  ///< In the state volume, for hosts that can't be written (P26).
};

/// What registering leaves on the host for every start of its agent.
struct HostKeeping {
  std::map<std::string, std::string> options;  ///< For agent.conf.
  std::string ca;                              ///< The server's, PEM; empty when none was fetched.
  [[nodiscard]] bool is_empty() const { return options.empty() && ca.empty(); }
};

/// Writes it below the directory that the agent will see as /var/lib/rancher. Throws Failure(state).
void keep_on_host(const std::string& rancher, const HostKeeping& keeping);

/// What was handed to this container for keeping, by inspect_host_by_container().
[[nodiscard]] HostKeeping handed_over(
    const std::function<std::optional<std::string>(const std::string&)>& environment);

[[nodiscard]] bool is_writable_directory(const std::string& directory);

/// Mode inspect-host, inside a container that has the host's /var/lib: prints the assignments that the caller
/// reads, and keeps there what it was handed. `print` gets a line without newline.
void inspect_host(const StateDirectories& directories, const HostKeeping& keeping,
                  const std::function<void(const std::string&)>& print);

/// Reads such lines; everything else is handed to `say`.
[[nodiscard]] HostFacts parse_host_facts(const std::string& output,
                                         const std::function<void(const std::string&)>& say);

/// Runs inspect-host in a container of `image` with the host's directories mounted, and removes it again (P2:
/// the registration container itself need not have them), where `keeping` is kept. Throws Failure(engine) or
/// Failure(state).
[[nodiscard]] HostFacts inspect_host_by_container(const docker::Client& engine, const std::string& image,
                                                  const std::string& state_volume, const HostKeeping& keeping,
                                                  const std::function<void(const std::string&)>& say,
                                                  const docker::Call& call);

}  // namespace cattle::agent::registration
