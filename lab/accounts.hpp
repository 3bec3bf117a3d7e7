// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lab/event_data.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace cattle::lab {

/// A key pair as a client gets it.
struct Key {
  std::string access_key;
  std::string secret_key;
};

/// Who makes a request.
struct Caller {
  std::int64_t account = 0;
  std::string kind;  ///< agent, admin, user, project, service, superadmin.
  std::string name;
  std::optional<std::int64_t>
      project;            ///< Set for project accounts and for keys with the role `environment`.
  bool key_known = true;  ///< False for the administrator that anybody is while security is off.
};

/// Accounts and their keys (cattle-protocol 1.5; pasturestack 7.1 for the fork's short cut).
class Accounts {
 public:
  Accounts(Store& store, Ids& ids, const Settings& settings, Flavour flavour);

  [[nodiscard]] std::int64_t administrator() const { return administrator_; }
  [[nodiscard]] std::int64_t project() const { return project_; }  ///< The default project, 1a5.
  std::int64_t add_account(const std::string& kind, const std::string& name);
  Key add_key(std::int64_t account, std::optional<std::int64_t> environment_role = std::nullopt);
  void revoke(std::int64_t account);

  /// The value of the Authorization header, `enforce` for X-ENFORCE-AUTHENTICATION. Nothing means 401.
  [[nodiscard]] std::optional<Caller> authenticate(std::string_view authorization, bool enforce) const;
  /// A person reaches the default project, an administrator all, a project itself.
  [[nodiscard]] bool reaches(const Caller& caller, std::int64_t project) const;

 private:
  struct Entry {
    Key key;
    std::int64_t account;
    std::optional<std::int64_t> environment_role;
    bool active = true;
  };
  [[nodiscard]] Caller caller(const Entry& entry) const;

  Store& store_;
  Ids& ids_;
  const Settings& settings_;
  Flavour flavour_;
  std::list<Entry> keys_;
  std::int64_t administrator_ = 0;
  std::int64_t project_ = 0;
};

/// User and password of a Basic header; nothing when it is none.
[[nodiscard]] std::optional<Key> basic_credentials(std::string_view authorization);

}  // namespace cattle::lab
