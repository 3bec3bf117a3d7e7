// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/agents.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace cattle::lab {

/// The three config items of a host agent: asked for by config.update until each is acknowledged
/// (cattle-protocol 8).
class ConfigItems {
 public:
  struct Parts {
    boost::asio::io_context& io;
    const Settings& settings;
    Store& store;
    Agents& agents;
    Calls& calls;
    Flavour flavour;
  };
  explicit ConfigItems(Parts parts) : p_(parts) {}

  void request(
      std::int64_t agent);  ///< Sends config.update for what is out of sync, unless one is under way.
  void start_sync();
  /// The item gets a new revision, for every agent that has it. False for an unknown one.
  bool bump(const std::string& item);

  /// A gzip-ed tar; only the entry `uptodate` when `current` is the server's version. Nothing for an unknown
  /// item.
  [[nodiscard]] std::optional<std::string> archive(std::int64_t agent, const std::string& item,
                                                   const std::string& current);
  /// False when the item is not the agent's. Another source revision is ignored, as the server does.
  bool acknowledge(std::int64_t agent, const std::string& item, const std::string& version);
  [[nodiscard]] bool in_sync(std::int64_t agent);
  [[nodiscard]] nlohmann::json to_json(std::int64_t agent);
  [[nodiscard]] const std::string&
  api_certificate();  ///< PEM of the server's public key, made when first asked for.

  std::string url;  ///< What config.update carries as configUrl.

 private:
  struct Item {
    int requested = 1;
    int applied = -1;
  };
  using Items = std::map<std::string, Item>;
  boost::asio::awaitable<void> sync();
  boost::asio::awaitable<void> update(std::int64_t agent);
  Items& items(std::int64_t agent);
  [[nodiscard]] std::map<std::string, std::string> files(const std::string& item);
  [[nodiscard]] std::string source_revision(const std::string& item);

  Parts p_;
  std::map<std::int64_t, Items> items_;
  std::set<std::int64_t> under_way_;
  std::string certificate_;
};

}  // namespace cattle::lab
