// SPDX-License-Identifier: Apache-2.0
#include "subscriber/tls_context.hpp"

#include "docker-client/http/ca_bundle.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>

namespace cattle::subscriber {
namespace ssl = boost::asio::ssl;
namespace {

/// OpenSSL's own directory is read one authority at a time, when a chain asks for it: 2 MB and 40 ms cheaper
/// than a bundle. Where it is missing (another distribution, an image from scratch), the bundle serves.
void trust_system(ssl::context& context) {
  std::error_code ignored;
  const bool chosen =
      std::getenv(X509_get_default_cert_file_env()) != nullptr ||  // NOLINT(concurrency-mt-unsafe)
      std::getenv(X509_get_default_cert_dir_env()) != nullptr;     // NOLINT(concurrency-mt-unsafe)
  if (chosen || std::filesystem::is_directory(X509_get_default_cert_dir(), ignored)) {
    context.set_default_verify_paths();
    return;
  }
  const auto bundle = http::find_ca_bundle("", {});
  if (!bundle.file.empty()) context.load_verify_file(bundle.file);
}

}  // namespace

ssl::context make_tls_context(const Connection& connection) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(ssl::verify_peer);
  if (connection.ca_file.empty())
    trust_system(context);
  else
    context.load_verify_file(connection.ca_file);
  std::error_code ignored;
  for (const auto& extra : connection.extra_ca_files)
    if (std::filesystem::is_regular_file(extra, ignored)) context.load_verify_file(extra);
  return context;
}

}  // namespace cattle::subscriber
