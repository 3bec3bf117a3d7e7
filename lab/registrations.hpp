// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/agents.hpp"

#include <map>
#include <optional>
#include <string>

namespace cattle::lab {

/// Registration tokens and the agents that were made with them (cattle-protocol 9, pasturestack 6.1).
class Registrations {
 public:
  struct Parts {
    boost::asio::io_context& io;
    const Settings& settings;
    Store& store;
    Ids& ids;
    Accounts& accounts;
    Agents& agents;
    Flavour flavour;
  };
  explicit Registrations(Parts parts) : p_(parts) {}

  [[nodiscard]] std::string add_token(std::int64_t project);
  void revoke(const std::string& token) { tokens_.erase(token); }
  [[nodiscard]] std::optional<std::int64_t> project_of(const std::string& token) const;
  /// The shell text that a registration container reads its variables from.
  [[nodiscard]] static std::string script(const std::string& token, const std::string& base,
                                          const std::string& client);

  /// The register resource for K; the same for the same K, made when it is new.
  nlohmann::json post(const std::string& token, const std::string& key, const std::string& base);
  /// The collection; keys only for the active one whose K the query carries.
  [[nodiscard]] nlohmann::json get(const std::string& token, const std::string& key,
                                   const std::string& base) const;

 private:
  struct Registration {
    std::int64_t id = 0;
    std::string uuid;
    std::string token;
    std::int64_t agent = 0;
    std::string state = "requested";
    Key keys;
  };
  boost::asio::awaitable<void> activate_later(std::string key);
  void activate(Registration& registration);
  [[nodiscard]] static nlohmann::json resource(const Registration& registration, const std::string& base);

  Parts p_;
  std::map<std::string, std::int64_t> tokens_;
  std::map<std::string, Registration> by_key_;
  std::int64_t next_id_ = 1;
};

}  // namespace cattle::lab
