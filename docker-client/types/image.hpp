// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cattle::docker {

/// GET /images/{name}/json.
struct Image {
  std::string id;
  std::vector<std::string> repo_tags;
  std::vector<std::string> cmd;            ///< Config.Cmd.
  std::vector<std::string> entrypoint;     ///< Config.Entrypoint.
  std::vector<std::string> exposed_ports;  ///< Keys of Config.ExposedPorts: "80/tcp".
  nlohmann::json raw;
};

/// Sent as X-Registry-Auth; never logged.
struct RegistryAuth {
  std::string username;
  std::string password;
  std::string email;
  std::string server_address;
};

/// One line of a pull or build stream. An `error` member never arrives here: it is thrown as docker::Error.
struct StreamMessage {
  std::string id;            ///< Layer, may be empty.
  std::string status;        ///< Pull: "Downloading".
  std::string text;          ///< Build: the `stream` member.
  std::int64_t current = 0;  ///< progressDetail, bytes; 0 when absent.
  std::int64_t total = 0;
};

struct StreamCallbacks {
  std::function<void(const StreamMessage&)> on_message;
  std::function<void()> on_tick;  ///< About once a second, also while nothing comes.
};

/// "repo:tag", "repo@digest" or "repo" cut into what the API takes; the tag is "latest" when there is none.
struct ImageReference {
  std::string repository;
  std::string tag;  ///< Tag, or a digest ("sha256:...").
  bool is_digest = false;
};
[[nodiscard]] ImageReference parse_image_reference(const std::string& name);

struct BuildOptions {
  std::string remote;        ///< URL that the engine fetches; empty when `context_file` is used.
  std::string context_file;  ///< Path of a tar, perhaps compressed, that is uploaded.
  std::string tag;
  std::string dockerfile;
  bool no_cache = false;
  bool remove = true;
  bool force_remove = false;
};

}  // namespace cattle::docker
