// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/server_checks.hpp"

#include "agent/doctor/api_check.hpp"
#include "agent/doctor/certificate_check.hpp"
#include "agent/doctor/offered_ca.hpp"
#include "agent/doctor/state_files.hpp"
#include "agent/doctor/user_check.hpp"
#include "agent/registration/ca_certificate.hpp"
#include "cattle/subscriber/subscription.hpp"
#include "config/state_file.hpp"
#include "docker-client/http/url.hpp"
#include "subscriber/address.hpp"

#include <algorithm>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace cattle::agent::doctor {
namespace {

using subscriber::Outage;
using subscriber::Step;
using subscriber::Trouble;

/// All of a doctor's run has to fit into ten seconds.
constexpr std::chrono::milliseconds kSubscriptionLimit{6'000};

bool is_proxied(const ServerTarget& target, const http::Url& url) {
  return !target.connection.proxy.empty() &&
         !subscriber::bypasses_proxy(target.connection.no_proxy, url.host, url.port);
}

/// A value that names no proxy; nothing can be tried with it.
std::optional<Finding> check_proxy_variable(const ServerTarget& target, const http::Url& url) {
  const auto fault = subscriber::proxy_fault(target.connection);
  if (fault.empty()) return std::nullopt;
  return Finding{Cause::proxy, fault,
                 "set " + url.scheme + "_proxy to http://host:port, unset it, or add the server to NO_PROXY"};
}

/// One attempt to subscribe to nothing: nullopt when it came through.
std::optional<Outage> try_subscription(const ServerTarget& target) {
  std::mutex mutex;
  std::condition_variable changed;
  bool subscribed = false;
  std::optional<Outage> outage;
  subscriber::SubscriptionOptions options;
  options.connection = target.connection;
  options.account_kind = "agent";
  options.resolve_timeout = options.connect_timeout = options.tls_timeout = options.upgrade_timeout =
      target.step_timeout;
  options.close_timeout = std::chrono::milliseconds(200);
  subscriber::SubscriptionListener listener;
  listener.on_frame = [](const std::string&) {};
  listener.on_subscribed = [&] {
    const std::lock_guard lock(mutex);
    subscribed = true;
    changed.notify_all();
  };
  listener.on_outage = [&](const Outage& seen) {
    const std::lock_guard lock(mutex);
    outage = seen;
    changed.notify_all();
  };
  subscriber::Subscription subscription(options, listener);
  subscription.start();
  {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kSubscriptionLimit, [&] { return subscribed || outage; });
  }
  subscription.stop();
  const std::lock_guard lock(mutex);
  if (subscribed) return std::nullopt;
  return outage.value_or(Outage{Step::connect, Trouble::unreachable, 0, "no answer in time"});
}

Finding refused_upgrade(const Outage& outage, const ApiAnswer& api) {
  constexpr int kServerErrors = 500;
  // Only where the API itself answers can a refusal be the agent's own, or the way's of a WebSocket.
  const bool was_accepted = outage.trouble == Trouble::wrong_account;
  if (api.fault && !was_accepted && outage.status < kServerErrors) return *api.fault;
  switch (outage.trouble) {
    case Trouble::bad_credentials:
      return {Cause::credentials, "the server does not accept the agent's key (401)",
              "run the Add Host line again: the host was removed, or its key was replaced"};
    case Trouble::agent_gone:
      return {Cause::agent_gone, "the server has no active agent behind this key (403)",
              "look at the host in the server's view: activate it, or run the Add Host line again"};
    case Trouble::ambiguous_agent:
      return {Cause::agent_gone, "the server finds more than one agent behind this key (422)",
              "remove the second host of this key on the server"};
    case Trouble::wrong_account:
      return {Cause::credentials, outage.detail,
              "run the Add Host line; an API key of a person is no agent's"};
    case Trouble::not_found:
      return {Cause::server, "there is no cattle API at this address (404)",
              "check CATTLE_URL: it ends in /v1"};
    default:
      break;
  }
  if (outage.status >= kServerErrors) {
    return {Cause::server, "the server is not ready: " + outage.detail,
            "look at the server's log; wait until it has started"};
  }
  return {Cause::upgrade_path, "the WebSocket upgrade does not come through: " + outage.detail,
          "let the proxy or load balancer in between pass Upgrade and Connection headers (WebSocket)"};
}

Finding finding_of(const Outage& outage, const http::Url& url, bool proxied, const ApiAnswer& api) {
  Finding proxy{Cause::proxy, "the proxy does not let us through: " + outage.detail,
                "check the proxy variables, or add the server to NO_PROXY"};
  switch (outage.step) {
    case Step::resolve:
      if (proxied) return proxy;
      return {Cause::name_resolution, url.host + " can't be resolved: " + outage.detail,
              "check /etc/resolv.conf and the name in CATTLE_URL"};
    case Step::connect:
      if (proxied) return proxy;
      return {Cause::route, url.authority() + " can't be reached: " + outage.detail,
              "check address, port, route and firewall between this host and the server"};
    case Step::proxy:
      return proxy;
    case Step::tls:
      return {Cause::tls, "TLS fails: " + outage.detail,
              "check that the port speaks TLS 1.2 or newer, and SSL_CERT_FILE where it is set"};
    case Step::upgrade:
    case Step::read:
      return refused_upgrade(outage, api);
  }
  return {Cause::server, outage.detail, "look at the server's log"};
}

Findings check_clock(const ServerTarget& target, const std::string& date) {
  const auto offset = clock_offset(date, std::time(nullptr));
  if (offset <= target.most_clock_offset.count() && -offset <= target.most_clock_offset.count()) return {};
  return {{Cause::clock,
           "this host's clock is " + std::to_string(offset < 0 ? -offset : offset) + " s " +
               (offset < 0 ? "behind" : "ahead of") + " the server's",
           "let NTP (timesyncd, chrony) set the clock"}};
}

Findings check_stored_ca(const ServerTarget& target) {
  if (target.ca_fingerprint.empty() || target.stored_ca.empty()) return {};
  // One that is none is found with the state files.
  const auto stored =
      is_usable_ca(target.stored_ca) ? config::read_state_file(target.stored_ca) : std::nullopt;
  if (!stored || registration::sha1_fingerprint(*stored) == target.ca_fingerprint) return {};
  return {{Cause::ca_fingerprint, target.stored_ca + " does not have the fingerprint CA_FINGERPRINT",
           "remove it and run the Add Host line again; if it differs again, somebody stands in between"}};
}

/// Then no CA at all is trusted, and whatever is said about the chain follows from that.
bool has_damaged_ca(const ServerTarget& target) {
  const auto& files = target.connection.extra_ca_files;
  return !is_usable_ca(target.connection.ca_file) || !std::all_of(files.begin(), files.end(), &is_usable_ca);
}

/// Those beside it are found with the state files.
Findings check_bundle(const ServerTarget& target) {
  const auto& bundle = target.connection.ca_file;
  if (is_usable_ca(bundle) || is_only_for_root(bundle)) return {};
  return {{Cause::tls, bundle + " holds no certificate in PEM form, so that no server is trusted",
           "let SSL_CERT_FILE (or CURL_CA_BUNDLE) name a bundle of CAs, or unset it; the system's is made by "
           "update-ca-certificates"}};
}

bool is_untrusted(const Finding& finding) {
  return finding.cause == Cause::certificate_unknown || finding.cause == Cause::certificate_chain;
}

bool awaits_ca(const ServerTarget& target) {
  std::error_code error;
  return !target.ca_fingerprint.empty() && !std::filesystem::exists(target.stored_ca, error);
}

Findings check_tls(const ServerTarget& target, const http::Url& url) {
  auto tls = tls_target(url, target.connection.proxy, target.connection.no_proxy);
  tls.ca_file = target.connection.ca_file;
  tls.extra_ca_files = target.connection.extra_ca_files;
  auto findings = check_certificate(tls);
  for (auto& finding : findings) {
    if (awaits_ca(target) && is_untrusted(finding)) finding = judge_offered_ca(target, finding);
  }
  return findings;
}

}  // namespace

std::int64_t clock_offset(const std::string& date, std::int64_t now) {
  std::tm parsed{};
  const char* end = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parsed);
  if (end == nullptr) return 0;
  return now - static_cast<std::int64_t>(timegm(&parsed));
}

Findings check_server(const ServerTarget& target) {
  const auto url = http::parse_url(target.connection.url);
  if (!url)
    return {{Cause::configuration, "CATTLE_URL is not a URL of http or https",
             "set it to the server's API, http://server:8080/v1"}};
  auto findings = check_stored_ca(target);
  if (auto proxy = check_proxy_variable(target, *url)) {
    findings.push_back(*std::move(proxy));
    return findings;
  }
  const auto outage = try_subscription(target);
  // Where not even a handshake comes about, no answer does, and every try costs its time.
  ApiAnswer api;
  if (!outage || outage->step >= Step::upgrade) {
    api = ask_api(target, *url);
    const auto clock = check_clock(target, api.date);
    findings.insert(findings.end(), clock.begin(), clock.end());
  }
  if (!outage) return findings;
  const bool has_key =
      !target.connection.access_key.empty() && !target.connection.secret_key.reveal().empty();
  if (!has_key && outage->trouble == Trouble::bad_credentials && !api.fault) return findings;
  if (outage->step == Step::tls) {
    auto certificate = check_tls(target, *url);
    if (has_damaged_ca(target)) {
      std::erase_if(certificate, &is_untrusted);
      const auto bundle = check_bundle(target);
      findings.insert(findings.end(), bundle.begin(), bundle.end());
      findings.insert(findings.end(), certificate.begin(), certificate.end());
      return findings;
    }
    findings.insert(findings.end(), certificate.begin(), certificate.end());
    if (!certificate.empty()) return findings;
  }
  findings.push_back(finding_of(*outage, *url, is_proxied(target, *url), api));
  return findings;
}

}  // namespace cattle::agent::doctor
