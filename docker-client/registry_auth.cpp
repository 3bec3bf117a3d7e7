// SPDX-License-Identifier: Apache-2.0
#include "docker-client/registry_auth.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>

namespace cattle::docker {
namespace {

std::string url_safe_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // One more for the terminator that OpenSSL writes.
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

}  // namespace

std::string encode_registry_auth(const RegistryAuth& auth) {
  auto document = nlohmann::json::object();
  if (!auth.username.empty()) document["username"] = auth.username;
  if (!auth.password.empty()) document["password"] = auth.password;
  if (!auth.email.empty()) document["email"] = auth.email;
  if (!auth.server_address.empty()) {
    document["serveraddress"] =
        auth.server_address == "https://docker.io" ? "https://index.docker.io" : auth.server_address;
  }
  // Bytes that are no UTF-8 would throw; the registry refuses such a password anyway, with its own message.
  return url_safe_base64(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace cattle::docker
