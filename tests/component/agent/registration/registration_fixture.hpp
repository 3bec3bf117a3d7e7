// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/registration/failure.hpp"
#include "agent/registration/registrar.hpp"
#include "docker-client/http/client.hpp"
#include "tests/support/fake_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cattle::agent::registration {

/// curl knows every name below it as this machine; "localhost" itself is refused (P10).
inline constexpr const char* kHost = "server.localhost";
inline constexpr const char* kToken = "0A1B2C3D4E5F60718293:1798675200000:abcDEF-_123";

/// The script behind the registration URL of `server`, as a real one sends it.
[[nodiscard]] std::string script_for(const std::string& api_url, const std::string& detected_ip = "10.1.2.3");
[[nodiscard]] nlohmann::json active_record(const std::string& access_key, const std::string& secret_key);
[[nodiscard]] support::ServerAnswer records(const std::vector<nlohmann::json>& list);

/// Registration against a fake server, with a clock that only its own pauses move.
class RegistrationTest : public testing::Test {
 public:
  RegistrationTest();
  ~RegistrationTest() override;

  [[nodiscard]] static std::string registration_url(const support::FakeServer& server) {
    return server.url(std::string("/v1/scripts/") + kToken, kHost);
  }
  /// The script, an empty list, a POST, then the record with keys.
  static void accept_registration(support::FakeServer& server);
  [[nodiscard]] Credentials register_at(const std::string& url) const;
  /// Why it failed; nullopt when it did not.
  [[nodiscard]] std::optional<Failure> failure_at(const std::string& url) const;
  [[nodiscard]] std::chrono::milliseconds waited() const { return waited_; }

  http::Library library_;
  std::filesystem::path directory_;
  ServerOptions server_options_;
  Request request_;
  std::vector<std::string> said_;
  std::function<void(int)> on_pause_;  ///< With its number, from 1.
  int pauses_ = 0;
  std::chrono::milliseconds waited_{0};
  Waiting waiting_;
};

}  // namespace cattle::agent::registration
