// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/ca_bundle.hpp"

#include "docker-client/http/client.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace cattle::http {
namespace {

// Where Debian, Red Hat, SUSE and Alpine keep theirs; a statically built libcurl knows at most one of them.
constexpr std::array kSystemBundles{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

bool exists(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::is_regular_file(path, ignored);
}

std::string system_bundle() {
  for (const char* path : kSystemBundles) {
    if (exists(path)) return path;
  }
  return {};
}

[[noreturn]] void refuse(const std::string& path) {
  throw TransportError(TransportError::Kind::tls, "the CA file " + path + " can't be read");
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

CaBundle find_ca_bundle(const std::string& ca_file, const std::vector<std::string>& extra_files) {
  // A pipe is none either: its end might never come.
  if (!ca_file.empty() && !exists(ca_file)) refuse(ca_file);
  CaBundle bundle;
  bundle.file = ca_file.empty() ? system_bundle() : ca_file;
  for (const std::string& extra : extra_files) {
    if (!exists(extra) || extra == bundle.file) continue;
    if (bundle.pem.empty() && !bundle.file.empty()) bundle.pem = read(bundle.file);
    bundle.pem += '\n' + read(extra);
  }
  if (!bundle.pem.empty()) bundle.file.clear();
  return bundle;
}

}  // namespace cattle::http
