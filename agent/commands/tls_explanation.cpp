// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/tls_explanation.hpp"

#include "agent/doctor/certificate_check.hpp"
#include "cattle/subscriber/connection.hpp"
#include "config/ca_bundle.hpp"
#include "docker-client/http/url.hpp"

namespace cattle::agent::commands {

std::string explanation(const registration::Failure& failure, const std::string& url,
                        const registration::ServerOptions& options) {
  const auto parsed = http::parse_url(url);
  if (failure.outcome() != registration::Outcome::tls || !parsed || parsed->scheme != "https")
    return failure.what();
  doctor::TlsTarget target;
  target.host = parsed->host;
  target.port = parsed->port;
  target.ca_file = options.ca_file.empty() ? config::default_ca_bundle() : options.ca_file;
  target.extra_ca_files = options.extra_ca_files;
  const auto proxy = http::parse_url(options.https_proxy);
  if (proxy && !subscriber::bypasses_proxy(options.no_proxy, parsed->host, parsed->port)) {
    target.proxy_host = proxy->host;
    target.proxy_port = proxy->port;
  }
  const auto findings = doctor::check_certificate(target);
  if (findings.empty()) return failure.what();
  return std::string(failure.what()) + "\n" + findings.front().what + ": " + findings.front().remedy;
}

}  // namespace cattle::agent::commands
