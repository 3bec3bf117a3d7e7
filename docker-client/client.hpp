// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/call.hpp"
#include "docker-client/error.hpp"
#include "docker-client/types/container.hpp"
#include "docker-client/types/engine.hpp"
#include "docker-client/types/image.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cattle::docker {

struct EngineOptions {
  std::string host = "unix:///var/run/docker.sock";  ///< DOCKER_HOST: unix:// or tcp://.
  std::string cert_path;                             ///< DOCKER_CERT_PATH: ca.pem, cert.pem, key.pem.
  bool tls = false;  ///< tcp:// with TLS; set when DOCKER_TLS_VERIFY or cert_path is.
  bool tls_verify = true;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds quick_timeout{30'000};  ///< Whole call of list, inspect, info ...
  /// Whole call of create, start, remove ...: a busy engine does it in the end, and a call that was given up
  /// makes a failure of what has succeeded (R54, E5).
  std::chrono::milliseconds change_timeout{120'000};
  std::chrono::milliseconds stream_idle{120'000};  ///< Pull: no byte for so long ends it.
  /// Build: as above. A step of a Dockerfile may compile or download for long without a word.
  std::chrono::milliseconds build_idle{3'600'000};
};

/// Path of the socket that a DOCKER_HOST names; empty when the engine is reached another way.
[[nodiscard]] std::string unix_socket_of(std::string_view docker_host);

/// Throws Error where `options` name no engine, as Client's constructor does.
void check_address(const EngineOptions& options);

/// The Docker engine's verbs, blocking. Safe to share between threads. Knows no Rancher word.
///
/// The API version is negotiated at the first call: the oldest that both sides accept, from 1.24 up; a
/// replaced engine (a version error, or a connection refused before) is asked anew. Every method throws
/// docker::Error unless its return type has a value for the case. Ids and names are escaped; an empty one is
/// refused before any request.
class Client {
 public:
  explicit Client(EngineOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // system
  [[nodiscard]] Version version(const Call& call) const;  ///< Always asked anew.
  [[nodiscard]] Version known_version(
      const Call& call) const;  ///< As last negotiated; asks only when never asked.
  [[nodiscard]] Info info(const Call& call) const;
  void ping(const Call& call) const;
  /// Follows GET /events; returns when `call.stop` is requested, throws otherwise (unavailable when the
  /// engine closes it). `filters` is the API's JSON ("" for none); `since` epoch seconds.
  void events(const std::string& filters, std::optional<std::int64_t> since,
              const std::function<void(const EngineEvent&)>& on_event, const Call& call) const;

  // containers
  [[nodiscard]] std::vector<ContainerSummary> list_containers(const ContainerFilters& filters,
                                                              const Call& call) const;
  [[nodiscard]] std::optional<Container> inspect_container(const std::string& id, const Call& call) const;
  /// `body` is the whole create body. Throws image_missing, conflict (name taken) ...
  [[nodiscard]] CreatedContainer create_container(const std::string& name, const nlohmann::json& body,
                                                  const Call& call) const;
  [[nodiscard]] StartOutcome start_container(const std::string& id, const Call& call) const;
  /// `timeout` is the engine's grace time before KILL; the HTTP deadline is that plus a margin.
  [[nodiscard]] StopOutcome stop_container(const std::string& id, std::chrono::seconds timeout,
                                           const Call& call) const;
  [[nodiscard]] KillOutcome kill_container(const std::string& id, const std::string& signal,
                                           const Call& call) const;
  /// Any refusal but "already in progress" is thrown.
  [[nodiscard]] ContainerRemoveOutcome remove_container(const std::string& id,
                                                        const RemoveContainerOptions& options,
                                                        const Call& call) const;
  [[nodiscard]] std::int64_t wait_container(const std::string& id, const Call& call) const;
  /// Streams logs; `stream` is 1 for stdout, 2 for stderr (a TTY's are all 1).
  void container_logs(const std::string& id, bool follow,
                      const std::function<void(int stream, std::string_view)>& on_output,
                      const Call& call) const;
  void rename_container(const std::string& id, const std::string& new_name, const Call& call) const;
  void update_container(const std::string& id, const nlohmann::json& body, const Call& call) const;

  // images
  [[nodiscard]] std::vector<nlohmann::json> list_images(const Call& call) const;
  [[nodiscard]] std::optional<Image> inspect_image(const std::string& name, const Call& call) const;
  /// Returns when the stream ended cleanly; an `error` member or a broken stream is thrown.
  void pull_image(const ImageReference& reference, const std::optional<RegistryAuth>& auth,
                  const StreamCallbacks& callbacks, const Call& call) const;
  void build_image(const BuildOptions& options, const StreamCallbacks& callbacks, const Call& call) const;
  void tag_image(const std::string& name, const std::string& repository, const std::string& tag,
                 const Call& call) const;
  [[nodiscard]] RemoveOutcome remove_image(const std::string& name, bool force, bool no_prune,
                                           const Call& call) const;

  // volumes
  [[nodiscard]] std::vector<Volume> list_volumes(const Call& call) const;
  [[nodiscard]] std::optional<Volume> inspect_volume(const std::string& name, const Call& call) const;
  [[nodiscard]] Volume create_volume(const std::string& name, const std::string& driver,
                                     const std::map<std::string, std::string>& driver_options,
                                     const Call& call) const;
  /// in_use on 409.
  [[nodiscard]] RemoveOutcome remove_volume(const std::string& name, const Call& call) const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace cattle::docker
