// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/host_key.hpp"

#include "handlers/host/text_file.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace cattle::handlers {
namespace {

constexpr unsigned int kBits = 2048;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

std::string content(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A key that needs a passphrase is none of ours; asking a terminal for it would block.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return -1;
}

Key read_private(const std::string& pem, const std::string& file) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    throw std::runtime_error("host key file " + file + " holds no RSA private key in PEM form");
  }
  return key;
}

std::string make_private() {
  const Key key(EVP_RSA_gen(kBits), &EVP_PKEY_free);
  const Memory memory(BIO_new(BIO_s_mem()), &BIO_free_all);
  if (!key || !memory ||
      PEM_write_bio_PrivateKey_traditional(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    throw std::runtime_error("can't make an RSA key for this host");
  }
  return content(memory.get());
}

std::string public_half(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) throw std::runtime_error("can't encode the public half of the host key");
  const Memory memory(BIO_new(BIO_s_mem()), &BIO_free_all);
  // The header names another form than the content has; consumers of the original's key expect exactly that
  // (6.8).
  const int written = PEM_write_bio(memory.get(), "RSA PUBLIC KEY", "", der, size);
  OPENSSL_free(der);
  if (written <= 0) throw std::runtime_error("can't encode the public half of the host key");
  return content(memory.get());
}

void make_directory(const std::string& file) {
  const auto directory = std::filesystem::path(file).parent_path();
  if (directory.empty() || std::filesystem::exists(directory)) return;
  std::filesystem::create_directories(directory.parent_path());
  if (std::filesystem::create_directory(directory)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
  }
}

}  // namespace

std::optional<std::string> HostKey::public_pem(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!generating_) {
    if (const auto pem = read_text_file(file_)) return public_half(read_private(*pem, file_).get());
    if (std::filesystem::exists(file_)) throw std::runtime_error("host key file " + file_ + " can't be read");
    generating_ = true;
    public_pem_.clear();
    failure_.clear();
    generator_ = std::jthread([this] { generate(); });
  }
  if (!changed_.wait_for(lock, patience, [this] { return !generating_; })) return std::nullopt;
  if (!failure_.empty()) throw std::runtime_error(failure_);
  return public_pem_;
}

void HostKey::generate() {
  std::string made;
  std::string failure;
  try {
    const auto pem = make_private();
    make_directory(file_);
    // Of two agents that start at once the first one's key stays, and both report it.
    place_text_file(file_, pem, 0400, WhenPresent::keep);
    made = public_half(read_private(read_text_file(file_).value_or(std::string()), file_).get());
  } catch (const std::exception& error) {
    failure = error.what();  // thrown again on the thread that asks
  }
  const std::lock_guard lock(mutex_);
  public_pem_ = std::move(made);
  failure_ = std::move(failure);
  generating_ = false;
  changed_.notify_all();
}

}  // namespace cattle::handlers
