// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/ca_certificate.hpp"

#include "agent/registration/api_root.hpp"
#include "agent/registration/failure.hpp"
#include "config/state_file.hpp"
#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <filesystem>
#include <memory>

namespace cattle::agent::registration {
namespace {

constexpr auto kRecord = ".fetched";

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate first_certificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  return {PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr), &X509_free};
}

/// The certificate alone, whatever stood around it in the download.
std::string normalised(const std::string& pem) {
  const auto certificate = first_certificate(pem);
  if (!certificate) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> sink(BIO_new(BIO_s_mem()), &BIO_free);
  if (PEM_write_bio_X509(sink.get(), certificate.get()) != 1) return {};
  char* text = nullptr;
  const auto length = BIO_get_mem_data(sink.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::string download(const std::string& root, const std::string& name, const ServerOptions& options) {
  const auto url = http::parse_url(root + "/scripts/" + name);
  http::ClientOptions plain;
  plain.base_url = url->origin();
  plain.verify_peer = false;
  plain.connect_timeout = options.connect_timeout;
  if (!subscriber::bypasses_proxy(options.no_proxy, url->host, url->port)) plain.proxy = options.https_proxy;
  const http::Client client(std::move(plain));
  http::Request request;
  request.target = url->path;
  request.timeout = options.request_timeout;
  try {
    const auto response = client.send(request);
    return response.status == 200 ? normalised(response.body) : std::string();
  } catch (const http::TransportError&) {
    return {};  // The verified connection that follows says what is wrong.
  }
}

}  // namespace

std::string sha1_fingerprint(const std::string& pem) {
  const auto certificate = first_certificate(pem);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha1(), digest.data(), &length) != 1) return {};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (unsigned index = 0; index < length; ++index) {
    if (index > 0) text.push_back(':');
    text.push_back(kDigits[digest[index] >> 4U]);
    text.push_back(kDigits[digest[index] & 0x0FU]);
  }
  return text;
}

void store_ca_certificate(const std::string& file, const std::string& pem) {
  try {
    constexpr mode_t kMode = 0644;
    config::write_state_file(file, pem, kMode);
    config::write_state_file(file + kRecord, sha1_fingerprint(pem) + "\n", kMode);
  } catch (const config::StateFileError& failure) {
    throw Failure(Outcome::state, failure.what());
  }
}

std::vector<std::string> stored_ca_files(const std::string& file) {
  const auto recorded = config::read_state_file(file + kRecord);
  if (!recorded) return {};
  const auto pem = config::read_state_file(file);
  if (pem && sha1_fingerprint(*pem) == *recorded) return {file, file + kRecord};
  return {file + kRecord};
}

bool fetch_ca_certificate(const CaRequest& request, const ServerOptions& options,
                          const std::function<void(const std::string&)>& say) {
  const auto root = api_root(request.url);
  if (request.fingerprint.empty() || !root || !root->starts_with("https://")) return false;
  std::error_code error;
  if (std::filesystem::exists(request.file, error)) return false;
  bool offered = false;
  for (const auto* name : {"ca.crt", "ca.pem"}) {
    const auto pem = download(*root, name, options);
    if (pem.empty()) continue;
    offered = true;
    if (sha1_fingerprint(pem) != request.fingerprint) continue;
    store_ca_certificate(request.file, pem);
    say("INFO: stored the server's CA certificate, its fingerprint matches CA_FINGERPRINT");
    return true;
  }
  if (offered)
    throw Failure(Outcome::tls, "the server's CA certificate does not have the fingerprint CA_FINGERPRINT",
                  kFingerprintRemedy);
  return false;
}

}  // namespace cattle::agent::registration
