// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/handler_rig.hpp"
#include "tests/support/test_engine.hpp"

#include <memory>

namespace cattle::tests {

/// The production handlers on the test's engine; `host()` gives them what a test wants them to know.
class RigOnEngine : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    support::HandlerRig::Options options;
    options.engine.host = engine().docker_host;
    options.host = host();
    rig_ = std::make_unique<support::HandlerRig>(options);
  }
  [[nodiscard]] virtual handlers::HostOptions host() const { return {}; }
  [[nodiscard]] const docker::Client& docker() const { return rig_->engine(); }

  std::unique_ptr<support::HandlerRig> rig_;  ///< None where the test is skipped.
};

}  // namespace cattle::tests
