// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_ca.hpp"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace cattle::support {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("test CA: ") + what);
}

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "no key");
  return key;
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr, "no extension");
  X509_add_ext(certificate, extension.get(), -1);
}

Certificate blank(const std::string& name, EVP_PKEY* key, long serial, bool expired) {
  Certificate certificate(X509_new());
  require(certificate != nullptr, "no certificate");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -3600L : 24L * 3600);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  std::string text = name;
  X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(text.size()), -1,
                             0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

std::unique_ptr<std::FILE, Free> create(const std::string& path) {
  std::unique_ptr<std::FILE, Free> file(std::fopen(path.c_str(), "we"));
  require(file != nullptr, "can't write a file");
  return file;
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

}  // namespace

struct TestCa::Impl {
  std::string directory;
  Key key = new_key();
  Certificate certificate;
  long serial = 1;

  TestCertificate sign(X509* leaf, EVP_PKEY* leaf_key) {
    X509_set_issuer_name(leaf, X509_get_subject_name(certificate.get()));
    require(X509_sign(leaf, key.get(), EVP_sha256()) > 0, "can't sign");
    const std::string stem = directory + "/" + std::to_string(serial);
    TestCertificate files{stem + ".pem", stem + ".key"};
    require(PEM_write_X509(create(files.certificate_file).get(), leaf) == 1, "can't write a certificate");
    require(PEM_write_PrivateKey(create(files.key_file).get(), leaf_key, nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1,
            "can't write a key");
    return files;
  }
};

TestCa::TestCa() : impl_(std::make_unique<Impl>()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "test-ca-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "no directory");
  impl_->directory = pattern;
  impl_->certificate = blank("test CA " + pattern, impl_->key.get(), 1, false);
  X509* own = impl_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  require(X509_sign(own, impl_->key.get(), EVP_sha256()) > 0, "can't sign");
  require(PEM_write_X509(create(ca_file()).get(), own) == 1, "can't write the CA");
}

TestCa::~TestCa() {
  std::error_code ignored;
  std::filesystem::remove_all(impl_->directory, ignored);
}

std::string TestCa::ca_file() const {
  return impl_->directory + "/ca.pem";
}

TestCertificate TestCa::issue(const std::vector<std::string>& names, bool expired) const {
  const Key key = new_key();
  const Certificate leaf =
      blank(names.empty() ? "nobody" : names.front(), key.get(), ++impl_->serial, expired);
  std::string alternatives;
  for (const auto& name : names)
    alternatives += (alternatives.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  if (!alternatives.empty()) extend(leaf.get(), impl_->certificate.get(), NID_subject_alt_name, alternatives);
  extend(leaf.get(), impl_->certificate.get(), NID_ext_key_usage, "serverAuth");
  return impl_->sign(leaf.get(), key.get());
}

TestCertificate TestCa::issue_client(const std::string& name) const {
  const Key key = new_key();
  const Certificate leaf = blank(name, key.get(), ++impl_->serial, false);
  extend(leaf.get(), impl_->certificate.get(), NID_ext_key_usage, "clientAuth");
  return impl_->sign(leaf.get(), key.get());
}

}  // namespace cattle::support
