// SPDX-License-Identifier: Apache-2.0
#include "lab/accounts.hpp"

#include <openssl/evp.h>

#include <vector>

namespace cattle::lab {
namespace {

constexpr std::size_t kAccessKeyLength = 20;
constexpr std::size_t kSecretKeyLength = 40;

std::optional<std::string> from_base64(std::string_view text) {
  static constexpr std::size_t kGroup = 4;
  if (text.empty() || text.size() % kGroup != 0) return std::nullopt;
  std::vector<unsigned char> out(text.size() / kGroup * 3);
  std::vector<unsigned char> in(text.begin(), text.end());
  const int length = EVP_DecodeBlock(out.data(), in.data(), static_cast<int>(in.size()));
  if (length < 0) return std::nullopt;
  std::string decoded(out.begin(), out.begin() + length);
  // EVP_DecodeBlock counts the padding as zero bytes.
  for (std::size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) decoded.pop_back();
  return decoded;
}

}  // namespace

std::optional<Key> basic_credentials(std::string_view authorization) {
  static constexpr std::string_view kScheme = "Basic ";
  if (!authorization.starts_with(kScheme)) return std::nullopt;
  const auto decoded = from_base64(authorization.substr(kScheme.size()));
  if (!decoded) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Key{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

Accounts::Accounts(Store& store, Ids& ids, const Settings& settings, Flavour flavour)
    : store_(store), ids_(ids), settings_(settings), flavour_(flavour) {
  administrator_ = add_account("admin", "admin");
  add_account("system", "system");
  add_account("service", "service");
  add_account("superadmin", "superadmin");
  project_ = add_account("project", "Default");
}

std::int64_t Accounts::add_account(const std::string& kind, const std::string& name) {
  return id_of(store_.add("account", {{"kind", kind}, {"name", name}, {"state", "active"}}));
}

Key Accounts::add_key(std::int64_t account, std::optional<std::int64_t> environment_role) {
  Key key{ids_.letters(kAccessKeyLength), ids_.letters(kSecretKeyLength)};
  keys_.push_back({key, account, environment_role});
  return key;
}

void Accounts::revoke(std::int64_t account) {
  for (Entry& entry : keys_) {
    if (entry.account == account) entry.active = false;
  }
}

Caller Accounts::caller(const Entry& entry) const {
  const Row& account = store_.at("account", entry.account);
  Caller out;
  out.account = entry.account;
  out.kind = text(account, "kind");
  out.name = text(account, "name");
  out.project = out.kind == "project" ? std::optional(entry.account) : entry.environment_role;
  return out;
}

std::optional<Caller> Accounts::authenticate(std::string_view authorization, bool enforce) const {
  const auto given = basic_credentials(authorization);
  if (given) {
    for (const Entry& entry : keys_) {
      if (!entry.active || entry.key.access_key != given->access_key) continue;
      if (entry.key.secret_key == given->secret_key) return caller(entry);
      // The fork trusts the public half of an agent's key while security is off.
      const Caller half = caller(entry);
      if (flavour_ == Flavour::pasturestack && !settings_.security && !enforce && half.kind == "agent")
        return half;
    }
  }
  if (settings_.security || enforce) return std::nullopt;
  Caller anybody;
  anybody.account = administrator_;
  anybody.kind = "admin";
  anybody.name = "admin";
  anybody.key_known = false;
  return anybody;
}

bool Accounts::reaches(const Caller& caller, std::int64_t project) const {
  const Row* row = store_.find("account", project);
  if (row == nullptr || text(*row, "kind") != "project") return false;
  if (caller.kind == "admin" || caller.kind == "superadmin" || caller.kind == "service") return true;
  if (caller.kind == "user") return project == project_;
  return caller.project == project;
}

}  // namespace cattle::lab
