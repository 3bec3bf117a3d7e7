// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace cattle::tests {

/// The engine and registry that tests/engine/engine_up.sh started for this build; never the user's.
struct TestEngine {
  std::string docker_host;  ///< unix:///tmp/ctl-…/d.sock
  std::string image;        ///< Present: local/busybox:test, CMD /bin/sh, every applet in /bin.
  std::string registry;     ///< host:port, plain http, asks for the password below.
  std::string registry_user;
  std::string registry_password;
  std::string registry_image;     ///< In the registry, not on the engine: four layers, three of them 400 kB.
  std::string registry_log_file;  ///< Access log: one line a request, blobs by digest.
  std::string bridge;             ///< The engine's default bridge.
  std::string dockerd_pid_file;
};

/// Reads the file that $CATTLE_TEST_ENGINE names. Throws std::runtime_error with the reason when there is no
/// engine; tests use the fixture below, which skips instead.
[[nodiscard]] TestEngine test_engine();

/// Base of engine tests: skips with the reason where no engine can run, and fails there when
/// AGENT_TEST_STRICT=1.
class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override;
  [[nodiscard]] const TestEngine& engine() const { return *engine_; }

 private:
  std::optional<TestEngine> engine_;
};

}  // namespace cattle::tests
