// SPDX-License-Identifier: Apache-2.0
#include "lab/registrations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

}  // namespace

std::string Registrations::add_token(std::int64_t project) {
  static constexpr std::size_t kAccessLength = 20;
  // The signature is as long as what is left of a base64 SHA-1 or SHA-256 without its special characters.
  const std::size_t signature = p_.flavour == Flavour::cattle ? 26 : 42;
  std::string token = p_.ids.letters(kAccessLength) + ":1767139200000:" + p_.ids.letters(signature);
  tokens_[token] = project;
  return token;
}

std::optional<std::int64_t> Registrations::project_of(const std::string& token) const {
  const auto it = tokens_.find(token);
  return it == tokens_.end() ? std::nullopt : std::optional(it->second);
}

std::string Registrations::script(const std::string& token, const std::string& base,
                                  const std::string& client) {
  return "#!/bin/"
         "sh\n\nCATTLE_REGISTRATION_ACCESS_KEY=\"registrationToken\"\nCATTLE_REGISTRATION_SECRET_KEY=\"" +
         token + "\"\nCATTLE_URL=\"" + base + "/v1\"\nDETECTED_CATTLE_AGENT_IP=\"" + client + "\"\n";
}

json Registrations::resource(const Registration& registration, const std::string& base) {
  const std::string id = api_id("register", registration.id);
  return {{"id", id},
          {"type", "register"},
          {"uuid", registration.uuid},
          {"state", registration.state},
          {"transitioning", registration.state == "active" ? "no" : "yes"},
          {"links", {{"self", base + "/v1/registers/" + id}}},
          {"actions", json::object()}};
}

json Registrations::post(const std::string& token, const std::string& key, const std::string& base) {
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    const Row* agent = p_.store.find("agent", known->second.agent);
    if (agent != nullptr && !removed(*agent)) return resource(known->second, base);
    by_key_.erase(known);  // The host was deleted: the same K makes a new one.
  }
  const std::int64_t project = tokens_.at(token);
  Registration& fresh = by_key_[key];
  fresh.id = next_id_++;
  fresh.uuid = p_.ids.uuid();
  fresh.token = token;
  fresh.agent = id_of(p_.agents.add(project, fresh.uuid));
  json out = resource(fresh, base);
  if (p_.settings.register_delay.count() == 0) {
    activate(fresh);
  } else {
    fresh.state = "activating";
    asio::co_spawn(p_.io, activate_later(key), asio::detached);
  }
  return out;
}

asio::awaitable<void> Registrations::activate_later(std::string key) {
  asio::steady_timer timer(p_.io, p_.settings.register_delay);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  activate(by_key_.at(key));
}

void Registrations::activate(Registration& registration) {
  Row& agent = p_.store.at("agent", registration.agent);
  registration.keys = p_.accounts.add_key(agent.at("accountId").get<std::int64_t>());
  registration.state = "active";
  p_.agents.activate(agent);
}

json Registrations::get(const std::string& token, const std::string& key, const std::string& base) const {
  json out = json::array();
  const auto project = project_of(token);
  for (const auto& [k, registration] : by_key_) {
    if (project_of(registration.token) != project) continue;
    // The host was deleted: its registration is no more.
    const Row* agent = p_.store.find("agent", registration.agent);
    if (agent == nullptr || removed(*agent) || (!key.empty() && k != key)) continue;
    json entry = resource(registration, base);
    if (registration.state == "active" && k == key) {
      entry["key"] = k;
      entry["accessKey"] = registration.keys.access_key;
      entry["secretKey"] = registration.keys.secret_key;
    }
    out.push_back(std::move(entry));
  }
  return {{"type", "collection"},
          {"resourceType", "register"},
          {"links", {{"self", base + "/v1/registers"}}},
          {"data", out}};
}

}  // namespace cattle::lab
