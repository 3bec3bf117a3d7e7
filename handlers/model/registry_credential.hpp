// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/image.hpp"
#include "handlers/json_fields.hpp"

#include <optional>
#include <string>

namespace cattle::handlers {

/// `image.registryCredential`. Secret: never log it.
struct RegistryCredential {
  std::string user;
  std::string password;
  std::string email;
  /// The server fills `registry.data.fields.serverAddress`; the credential's own `data.fields.serverAddress`,
  /// which the Go agent reads, is taken when that is empty (B21).
  std::string server_address;
};

[[nodiscard]] RegistryCredential decode_registry_credential(const JsonFields& credential);

/// What the engine wants; nullopt unless both user and password are set (H70). `https://docker.io` becomes
/// `https://index.docker.io`.
[[nodiscard]] std::optional<docker::RegistryAuth> registry_auth(const RegistryCredential& credential);

}  // namespace cattle::handlers
