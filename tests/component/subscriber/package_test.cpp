// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace cattle::subscriber {
namespace {

struct Finished {
  int status = -1;
  std::string output;
};

Finished run(const std::string& command) {
  Finished finished;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");  // NOLINT(cert-env33-c): the test's own words.
  if (pipe == nullptr) return finished;
  std::array<char, 4096> bytes{};
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe))
    finished.output.append(bytes.data(), count);
  finished.status = pclose(pipe);
  return finished;
}

/// Installs into an empty prefix; a stranger's project finds, builds and runs against it.
TEST(Package, a_fresh_project_builds_without_warnings_and_subscribes) {
  support::FakeServer server;
  const Finished built =
      run("sh " CATTLE_PACKAGE_SCRIPT " " CATTLE_BUILD_DIR " " CATTLE_SOURCE_DIR " " + server.url("/v1"));
  EXPECT_EQ(built.status, 0) << built.output;
  EXPECT_EQ(server.subscribed(), 1U);
  EXPECT_EQ(server.requests("/subscribe").at(0).target, "/v2-beta/subscribe?eventNames=resource.change");
}

}  // namespace
}  // namespace cattle::subscriber
