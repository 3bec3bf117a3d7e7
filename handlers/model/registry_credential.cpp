// SPDX-License-Identifier: Apache-2.0
#include "handlers/model/registry_credential.hpp"

namespace cattle::handlers {

RegistryCredential decode_registry_credential(const JsonFields& credential) {
  RegistryCredential decoded;
  decoded.user = credential.text("publicValue");
  decoded.password = credential.text("secretValue");
  const JsonFields fields = credential.object("data").object("fields");
  decoded.email = fields.text("email");
  decoded.server_address =
      credential.object("registry").object("data").object("fields").text("serverAddress");
  if (decoded.server_address.empty()) decoded.server_address = fields.text("serverAddress");
  return decoded;
}

std::optional<docker::RegistryAuth> registry_auth(const RegistryCredential& credential) {
  if (credential.user.empty() || credential.password.empty()) return std::nullopt;
  docker::RegistryAuth auth;
  auth.username = credential.user;
  auth.password = credential.password;
  auth.email = credential.email;
  // People register the name that they know; the engine looks the credential up under the index's.
  auth.server_address = credential.server_address == "https://docker.io" ? "https://index.docker.io"
                                                                         : credential.server_address;
  return auth;
}

}  // namespace cattle::handlers
