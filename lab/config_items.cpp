// SPDX-License-Identifier: Apache-2.0
#include "lab/config_items.hpp"

#include "lab/archive.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr unsigned int kKeyBits = 2'048;

std::string public_key_pem() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(kKeyBits), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || !out || PEM_write_bio_PUBKEY(out.get(), key.get()) != 1)
    throw std::runtime_error("no key could be made");
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

/// configscripts goes first in the list (item.priority).
constexpr std::array<const char*, 3> kNames{"configscripts", "host-config", "pyagent"};

}  // namespace

const std::string& ConfigItems::api_certificate() {
  if (certificate_.empty()) certificate_ = public_key_pem();
  return certificate_;
}

ConfigItems::Items& ConfigItems::items(std::int64_t agent) {
  Items& out = items_[agent];
  if (out.empty()) {
    for (const char* name : kNames) out[name];
  }
  return out;
}

std::map<std::string, std::string> ConfigItems::files(const std::string& item) {
  // A script that leaves a mark where it was run: nothing that comes from here may be executed (R56).
  const std::string script = "#!/bin/sh\ntouch /tmp/cattle-lab-ran-" + item + "\n";
  if (item == "host-config")
    return {{"apply.sh", script}, {"content-home/etc/cattle/api.crt", api_certificate()}};
  const std::string package =
      p_.settings.package_url.empty() ? url + "/go-agent.tar.gz" : p_.settings.package_url;
  if (item == "pyagent") return {{"apply.sh", script}, {"packages", "python-agent " + package + "\n"}};
  return {{"apply.sh", script}, {"config.sh", script}, {"common/scripts.sh", "# nothing\n"}};
}

std::string ConfigItems::source_revision(const std::string& item) {
  std::string all;
  for (const auto& [path, content] : files(item)) all.append(path).append("\n").append(content);
  return hex_digest(all, p_.flavour == Flavour::pasturestack ? Digest::sha256 : Digest::sha1);
}

bool ConfigItems::in_sync(std::int64_t agent) {
  const Items& all = items(agent);
  return std::all_of(all.begin(), all.end(),
                     [](const auto& entry) { return entry.second.applied >= entry.second.requested; });
}

json ConfigItems::to_json(std::int64_t agent) {
  json out = json::object();
  for (const auto& [name, item] : items(agent))
    out[name] = {{"requested", item.requested}, {"applied", item.applied}};
  return out;
}

bool ConfigItems::bump(const std::string& item) {
  bool known = false;
  for (auto& [agent, all] : items_) {
    if (!all.contains(item)) continue;
    ++all[item].requested;
    known = true;
    request(agent);
  }
  return known;
}

void ConfigItems::request(std::int64_t agent) {
  if (in_sync(agent) || under_way_.contains(agent)) return;
  under_way_.insert(agent);
  asio::co_spawn(p_.io, update(agent), asio::detached);
}

asio::awaitable<void> ConfigItems::update(std::int64_t agent) {
  json wanted = json::array();
  for (const auto& [name, item] : items(agent)) {
    if (item.applied >= item.requested) continue;
    wanted.push_back({{"name", name},
                      {"requestedVersion", item.requested},
                      {"apply", true},
                      {"increment", false},
                      {"checkInSyncOnly", true},
                      {"setVersion", nullptr}});
  }
  CallSpec call;
  call.name = "config.update";
  call.agent = agent;
  call.resource_type = "agent";
  call.resource_id = api_id("agent", agent);
  call.data = {{"configUrl", url}, {"items", wanted}};
  call.timeout = p_.settings.config_timeout;
  call.sends = p_.settings.config_tries;
  call.progress_extends = true;
  // The reply is not the acknowledgement: only the PUT of each item is.
  co_await p_.calls.call(std::move(call));
  under_way_.erase(agent);
}

void ConfigItems::start_sync() {
  asio::co_spawn(p_.io, sync(), asio::detached);
}

asio::awaitable<void> ConfigItems::sync() {
  asio::steady_timer timer(p_.io);
  boost::system::error_code error;
  while (true) {
    timer.expires_after(p_.settings.config_sync);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    for (const Row* agent : p_.store.all("agent")) {
      if (p_.agents.callable(id_of(*agent))) request(id_of(*agent));
    }
  }
}

std::optional<std::string> ConfigItems::archive(std::int64_t agent, const std::string& item,
                                                const std::string& current) {
  const Items& all = items(agent);
  const auto found = all.find(item);
  if (found == all.end()) return std::nullopt;
  const std::string version = std::to_string(found->second.requested) + "-" + source_revision(item);
  std::vector<std::pair<std::string, std::string>> content;
  if (current == version || current.ends_with("-" + version)) {
    content.emplace_back("uptodate", version);
  } else {
    content.emplace_back("version", version + "\n");
    for (auto& [path, text_of_it] : files(item)) content.emplace_back(path, text_of_it);
  }
  return make_archive(item + "-" + version, std::move(content),
                      p_.flavour == Flavour::pasturestack ? Digest::sha256 : Digest::sha1);
}

bool ConfigItems::acknowledge(std::int64_t agent, const std::string& item, const std::string& version) {
  Items& all = items(agent);
  const auto found = all.find(item);
  if (found == all.end()) return false;
  if (version == "latest") {
    found->second.applied = found->second.requested;
    return true;
  }
  const auto dash = version.find('-');
  if (dash == std::string::npos || version.substr(dash + 1) != source_revision(item)) return true;
  if (version.substr(0, dash).find_first_not_of("0123456789") == std::string::npos && dash > 0 && dash < 9) {
    found->second.applied = std::stoi(version.substr(0, dash));
  }
  return true;
}

}  // namespace cattle::lab
