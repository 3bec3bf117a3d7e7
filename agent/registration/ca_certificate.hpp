// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/server.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cattle::agent::registration {

/// Where a server's CA is not the one of CA_FINGERPRINT, or is none that anything here vouches for: to trust
/// what it offers would be to trust whoever stands in between.
inline constexpr auto kFingerprintRemedy =
    "compare CA_FINGERPRINT with what the server's own page or its administrator says; if it is right, "
    "somebody "
    "stands between this host and the server: trust no certificate from there";

struct CaRequest {
  std::string url;          ///< The registration URL.
  std::string fingerprint;  ///< CA_FINGERPRINT, "AA:BB:..." (SHA-1 of the DER); nothing happens when empty.
  std::string file;         ///< Where the certificate is kept; an existing one is never replaced.
};

/// Fetches scripts/ca.crt, else scripts/ca.pem, without verification, without credentials or token, without
/// following a redirect, and stores it only when its fingerprint matches (P21). The one unverified request of
/// the program. A mismatch throws Failure(tls); a server that has no such file is left to the verified
/// connection that follows. True when it stored one.
bool fetch_ca_certificate(const CaRequest& request, const ServerOptions& options,
                          const std::function<void(const std::string&)>& say);

/// Stores a CA's certificate, and beside it the record that this program did. Throws Failure(state).
void store_ca_certificate(const std::string& file, const std::string& pem);

/// The files to remove where the CA in `file` is one that this program stored: itself, unless an operator put
/// another in its place, and its record.
[[nodiscard]] std::vector<std::string> stored_ca_files(const std::string& file);

/// "AA:BB:..." of the first certificate in a PEM text; empty when there is none.
[[nodiscard]] std::string sha1_fingerprint(const std::string& pem);

}  // namespace cattle::agent::registration
