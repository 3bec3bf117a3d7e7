// SPDX-License-Identifier: Apache-2.0
#include "config/ca_bundle.hpp"

#include "config/state_file.hpp"

#include <set>
#include <system_error>

namespace cattle::config {

std::string first_existing(const std::vector<std::filesystem::path>& candidates) {
  for (const auto& candidate : candidates) {
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error)) return candidate.string();
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

std::string given_ca_bundle(const Environment& environment, std::vector<std::string>& warnings) {
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    auto file = environment(name).value_or("");
    if (file.empty()) continue;
    if (!first_existing({file}).empty()) return file;
    const auto other = other_than_file(file);
    warnings.push_back(std::string(name) + " names " + file + ", which " +
                       (other.empty() ? "does not exist" : "is " + other) + ", and is ignored");
  }
  return {};
}

std::vector<std::string> extra_ca_files(const std::string& server_ca, const std::filesystem::path& base) {
  // Those that have a fixed name are listed while they are absent, too: one that is stored later counts from
  // the next attempt to connect on.
  std::vector<std::string> files{server_ca};
  for (const auto* name : {"rancher/agent-ca.crt", "rancher/rancherAddedCA.crt", "pasturestack/agent-ca.crt"})
    files.push_back((base / name).string());
  std::set<std::string> others;
  for (const auto* directory : {"rancher", "pasturestack"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(base / directory, error)) {
      if (entry.path().extension() == ".crt") others.insert(entry.path().string());
    }
  }
  for (const auto& known : files) others.erase(known);
  files.insert(files.end(), others.begin(), others.end());
  return files;
}

}  // namespace cattle::config
