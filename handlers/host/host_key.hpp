// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace cattle::handlers {

/// The host's RSA key, with which the server wraps secrets for this host (6.8, H111). The private half stays
/// in `file` (PKCS#1 PEM, mode 0400, made once; its directory with mode 0700), the public half is what a ping
/// reports. Safe to share between threads.
class HostKey {
 public:
  explicit HostKey(std::string file) : file_(std::move(file)) {}

  /// Public key for `info.hostKey.data`: SubjectPublicKeyInfo in a PEM block headed RSA PUBLIC KEY, as its
  /// readers expect. A missing file is made in the background, since that may take a second: nullopt when it
  /// wasn't ready within `patience`, to be asked again. Throws std::runtime_error when the file can't be made
  /// or holds no RSA key (it is then left alone).
  [[nodiscard]] std::optional<std::string> public_pem(std::chrono::milliseconds patience);

 private:
  void generate();

  std::string file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string public_pem_;
  std::string failure_;
  bool generating_ = false;
  std::jthread generator_;  // last: joined before what it uses goes
};

}  // namespace cattle::handlers
