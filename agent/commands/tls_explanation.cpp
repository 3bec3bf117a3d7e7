// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/tls_explanation.hpp"

#include "agent/doctor/certificate_check.hpp"
#include "config/ca_bundle.hpp"
#include "docker-client/http/url.hpp"

namespace cattle::agent::commands {

std::string explanation(const registration::Failure& failure, const std::string& url,
                        const registration::ServerOptions& options) {
  if (!failure.remedy().empty()) return std::string(failure.what()) + ": " + failure.remedy();
  const auto parsed = http::parse_url(url);
  if (failure.outcome() != registration::Outcome::tls || !parsed || parsed->scheme != "https")
    return failure.what();
  auto target = doctor::tls_target(*parsed, options.https_proxy, options.no_proxy);
  target.ca_file = options.ca_file.empty() ? config::default_ca_bundle() : options.ca_file;
  target.extra_ca_files = options.extra_ca_files;
  const auto findings = doctor::check_certificate(target);
  if (findings.empty()) return failure.what();
  return std::string(failure.what()) + "\n" + findings.front().what + ": " + findings.front().remedy;
}

}  // namespace cattle::agent::commands
