// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/http/client.hpp"
#include "handlers/context.hpp"
#include "handlers/host/config_archive.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace cattle::handlers {

struct ConfigItemOptions {
  std::string
      home;  ///< CATTLE_HOME: the items' files and stamps are below it, as the stock scripts have them.
  /// Started by the server's own package: what the server calls the program is what must run. Elsewhere
  /// (image, service) `pyagent` is only acknowledged (R56).
  bool server_owns_program = false;
  /// Asks the agent to finish its work and end, so that the stock loop starts what the server names. May be
  /// empty.
  std::function<void(const std::string& reason)> request_exit;
  std::chrono::milliseconds request_limit{5'000};
};

/// Fetches config items and does what belongs to each. Nothing that comes with them is ever run: of
/// `host-config` the key of the server's tokens is taken, everything else is only acknowledged (P39 to P41).
class ConfigItems {
 public:
  ConfigItems(ConfigItemOptions options, const http::Client& server);

  /// The version to acknowledge, "latest" where none is known; nullopt when the item must not be
  /// acknowledged, since it did not come or was damaged (P39, S26). `item` has been checked to be a name.
  [[nodiscard]] std::optional<std::string> take(const std::string& item, Context& context) const;

 private:
  [[nodiscard]] std::optional<std::string> take_host_config(Context& context) const;
  [[nodiscard]] std::optional<std::string> take_program(Context& context) const;
  [[nodiscard]] std::string current(const std::string& item) const;
  [[nodiscard]] bool is_other_program(const std::string& version) const;
  [[nodiscard]] std::string made_room_file() const;
  [[nodiscard]] std::string room_made_for(const std::string& version) const;
  [[nodiscard]] bool has_record_of_program() const;
  [[nodiscard]] std::string target_of(const std::string& item) const;
  [[nodiscard]] std::optional<std::string> rehearse(const std::string& item, const Context& context) const;
  /// nullopt: the server has no such item for this agent. Throws http::TransportError and OperationError.
  [[nodiscard]] std::optional<ConfigArchive> fetch(const std::string& item, const Context& context) const;
  void install_key(const std::string& version, const std::string& key) const;

  ConfigItemOptions options_;
  const http::Client& server_;
};

}  // namespace cattle::handlers
