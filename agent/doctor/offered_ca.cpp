// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/offered_ca.hpp"

#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/failure.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace cattle::agent::doctor {
namespace {

/// Registering's own fetch stores what matches; here that goes where it is gone a moment later.
class Scratch {
 public:
  Scratch() {
    std::error_code error;
    auto pattern = (std::filesystem::temp_directory_path(error) / "cattle-doctor-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) directory_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] std::string file() const { return (directory_ / "ca.crt").string(); }

 private:
  std::filesystem::path directory_;
};

Finding trusted_once_stored() {
  return {Cause::certificate_unknown,
          "the CA of CA_FINGERPRINT, which the server offers, is not stored on this host",
          "run the Add Host line, or `cattle-agent register`, with CA_FINGERPRINT set: it stores that CA"};
}

}  // namespace

Finding judge_offered_ca(const ServerTarget& target, const Finding& untrusted) {
  registration::ServerOptions options;
  options.https_proxy = target.connection.proxy;
  options.no_proxy = target.connection.no_proxy;
  // Two files are asked for.
  options.connect_timeout = options.request_timeout = target.step_timeout / 2;
  const Scratch scratch;
  try {
    const bool matches = registration::fetch_ca_certificate(
        {target.connection.url, target.ca_fingerprint, scratch.file()}, options, [](const std::string&) {});
    if (matches) return trusted_once_stored();
  } catch (const registration::Failure& failure) {
    if (failure.outcome() == registration::Outcome::tls)
      return {Cause::ca_fingerprint, failure.what(), failure.remedy()};
    // It matched and found no room, even for a moment.
    return trusted_once_stored();
  }
  if (untrusted.cause != Cause::certificate_unknown) return untrusted;
  return {Cause::certificate_unknown,
          untrusted.what +
              ", and the server serves no CA (scripts/ca.crt, scripts/ca.pem) to hold against "
              "CA_FINGERPRINT",
          "let the server serve its CA's certificate, or have its administrator give it to you, and store it "
          "as " +
              target.stored_ca};
}

}  // namespace cattle::agent::doctor
