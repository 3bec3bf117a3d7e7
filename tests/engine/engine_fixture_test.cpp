// SPDX-License-Identifier: Apache-2.0
// What every other engine test takes for granted about the engine and the registry that it is given.
#include "tests/support/test_engine.hpp"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <string_view>

namespace cattle::tests {
namespace {

class EngineFixture : public EngineTest {};

TEST_F(EngineFixture, has_a_socket_of_its_own) {
  constexpr std::string_view kScheme = "unix://";
  ASSERT_EQ(engine().docker_host.rfind(kScheme, 0), 0U);
  const std::string path = engine().docker_host.substr(kScheme.size());
  EXPECT_NE(path, "/var/run/docker.sock");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
}

TEST_F(EngineFixture, registry_holds_an_image_of_several_layers) {
  std::ifstream log(engine().registry_log_file);
  std::string line;
  int uploaded = 0;
  while (std::getline(log, line)) {
    uploaded += line.find("\"PUT /v2/team/layered/blobs/uploads/") != std::string::npos ? 1 : 0;
  }
  EXPECT_GE(uploaded, 5) << "four layers and the image's configuration";
}

}  // namespace
}  // namespace cattle::tests
