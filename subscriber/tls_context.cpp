// SPDX-License-Identifier: Apache-2.0
#include "subscriber/tls_context.hpp"

#include "docker-client/http/ca_bundle.hpp"
#include "docker-client/http/client.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>

namespace cattle::subscriber {
namespace ssl = boost::asio::ssl;
namespace {

bool is_file(const char* path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

/// OpenSSL's own directory is read one authority at a time, when a chain asks for it: 2 MB and 40 ms cheaper
/// than a bundle. Where it is missing (another distribution, an image from scratch), the bundle serves.
void trust_system(ssl::context& context) {
  std::error_code ignored;
  const char* file = std::getenv(X509_get_default_cert_file_env());  // NOLINT(concurrency-mt-unsafe)
  const bool has_directory =
      std::getenv(X509_get_default_cert_dir_env()) != nullptr ||  // NOLINT(concurrency-mt-unsafe)
      std::filesystem::is_directory(X509_get_default_cert_dir(), ignored);
  if (file == nullptr ? has_directory : is_file(file)) {
    context.set_default_verify_paths();
    return;
  }
  // OpenSSL would open whatever the variable names, and wait for the end of a pipe.
  if (has_directory) {
    SSL_CTX_set_default_verify_dir(context.native_handle());
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
  else if (is_file(connection.ca_file.c_str()))
    context.load_verify_file(connection.ca_file);
  else
    throw http::TransportError(http::TransportError::Kind::tls,
                               "reading the certificate authorities: " + connection.ca_file + " is no file");
  for (const auto& extra : connection.extra_ca_files)
    if (is_file(extra.c_str())) context.load_verify_file(extra);
  return context;
}

}  // namespace cattle::subscriber
