// SPDX-License-Identifier: Apache-2.0
#include "config/ca_bundle.hpp"

#include <system_error>

namespace cattle::config {

std::string first_existing(const std::vector<std::filesystem::path>& candidates) {
  for (const auto& candidate : candidates) {
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) return candidate.string();
  }
  return {};
}

std::string default_ca_bundle() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  return first_existing({"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                         "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", program / "ca-bundle.crt",
                         program.parent_path() / "ca-bundle.crt"});
}

}  // namespace cattle::config
