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

constexpr long kDay = 24L * 3600;

/// Seconds from now.
struct Validity {
  long from = -kDay;
  long to = kDay;
};

Certificate blank(const std::string& name, EVP_PKEY* key, long serial, Validity validity) {
  Certificate certificate(X509_new());
  require(certificate != nullptr, "no certificate");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), validity.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity.to);
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
  int files = 0;

  TestCertificate sign(X509* leaf, EVP_PKEY* leaf_key) {
    return sign_by(certificate.get(), key.get(), leaf, leaf_key);
  }

  TestCertificate sign_by(X509* issuer, EVP_PKEY* issuer_key, X509* leaf, EVP_PKEY* leaf_key) {
    X509_set_issuer_name(leaf, X509_get_subject_name(issuer));
    require(X509_sign(leaf, issuer_key, EVP_sha256()) > 0, "can't sign");
    const std::string stem = directory + "/" + std::to_string(++files);
    TestCertificate made{stem + ".pem", stem + ".key"};
    require(PEM_write_X509(create(made.certificate_file).get(), leaf) == 1, "can't write a certificate");
    require(PEM_write_PrivateKey(create(made.key_file).get(), leaf_key, nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1,
            "can't write a key");
    return made;
  }

  Certificate server_leaf(const std::vector<std::string>& names, EVP_PKEY* leaf_key, Validity validity) {
    Certificate leaf = blank(names.empty() ? "nobody" : names.front(), leaf_key, ++serial, validity);
    std::string alternatives;
    for (const auto& name : names)
      alternatives +=
          (alternatives.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
    if (!alternatives.empty()) extend(leaf.get(), certificate.get(), NID_subject_alt_name, alternatives);
    extend(leaf.get(), certificate.get(), NID_ext_key_usage, "serverAuth");
    return leaf;
  }

  TestCertificate issue(const std::vector<std::string>& names, Validity validity) {
    const Key leaf_key = new_key();
    const Certificate leaf = server_leaf(names, leaf_key.get(), validity);
    return sign(leaf.get(), leaf_key.get());
  }
};

TestCa::TestCa() : impl_(std::make_unique<Impl>()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "test-ca-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "no directory");
  impl_->directory = pattern;
  impl_->certificate = blank("test CA " + pattern, impl_->key.get(), 1, {});
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
  return impl_->issue(names, expired ? Validity{-kDay, -3600L} : Validity{});
}

TestCertificate TestCa::issue_early(const std::vector<std::string>& names) const {
  return impl_->issue(names, {kDay, 2 * kDay});
}

TestCertificate TestCa::issue_by_intermediate(const std::vector<std::string>& names, bool with_chain) const {
  const Key middle_key = new_key();
  const Certificate middle = blank("test intermediate CA", middle_key.get(), ++impl_->serial, {});
  extend(middle.get(), impl_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(middle.get(), impl_->certificate.get(), NID_key_usage, "critical,keyCertSign");
  (void)impl_->sign(middle.get(), middle_key.get());
  const Key leaf_key = new_key();
  const Certificate leaf = impl_->server_leaf(names, leaf_key.get(), {});
  auto made = impl_->sign_by(middle.get(), middle_key.get(), leaf.get(), leaf_key.get());
  if (with_chain) {
    const std::unique_ptr<std::FILE, Free> file(std::fopen(made.certificate_file.c_str(), "ae"));
    require(file && PEM_write_X509(file.get(), middle.get()) == 1, "can't write the chain");
  }
  return made;
}

TestCertificate TestCa::issue_client(const std::string& name) const {
  const Key key = new_key();
  const Certificate leaf = blank(name, key.get(), ++impl_->serial, {});
  extend(leaf.get(), impl_->certificate.get(), NID_ext_key_usage, "clientAuth");
  return impl_->sign(leaf.get(), key.get());
}

}  // namespace cattle::support
