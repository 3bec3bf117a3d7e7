// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace cattle::subscriber {

/// Text that must not be shown: streams and logs print stars. Read it by reveal() where it goes on the wire.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  std::string text_;
};

/// How to reach the server; shared by subscription and publisher.
struct Connection {
  std::string url;  ///< API root with version, no trailing slash: http://host:8080/v1 .
  std::string access_key;
  Secret secret_key;
  std::string ca_file;                      ///< SSL_CERT_FILE; the system's CAs when empty.
  std::vector<std::string> extra_ca_files;  ///< Added where they exist.
  std::string proxy;     ///< URL of the HTTP proxy for this server (CONNECT for WebSocket); none when empty.
  std::string no_proxy;  ///< host, .domain, *.domain, CIDR, port; comma separated.
};

/// True when `no_proxy` exempts this host and port.
[[nodiscard]] bool bypasses_proxy(const std::string& no_proxy, const std::string& host,
                                  const std::string& port);

}  // namespace cattle::subscriber
