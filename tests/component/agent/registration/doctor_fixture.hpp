// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/doctor/finding.hpp"
#include "docker-client/http/client.hpp"
#include "tests/component/agent/registration/program.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/test_ca.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cattle::agent::doctor {

/// The program's own doctor on a host that a test breaks in one way at a time.
class Doctor : public testing::Test {
 public:
  Doctor();
  ~Doctor() override;

  /// Its verdict on this host as it is now: the numbers of what it found. `prepare` as for run_program().
  std::vector<int> found(const std::function<bool()>& prepare = {});
  static auto only(Cause cause) { return testing::ElementsAre(static_cast<int>(cause)); }
  void write(const std::string& name, const std::string& text) const;
  /// Another server, over TLS; the agent is told its address.
  std::unique_ptr<support::FakeServer> secure(const support::TestCertificate& certificate);

  http::Library library_;
  std::filesystem::path directory_;
  support::FakeServer server_;
  support::FakeEngine engine_;
  std::map<std::string, std::string> variables_;
  ProgramRun last_;
};

}  // namespace cattle::agent::doctor
