// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_engine.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>

namespace cattle::tests {

TestEngine test_engine() {
  const char* path = std::getenv("CATTLE_TEST_ENGINE");
  if (path == nullptr || *path == '\0') {
    throw std::runtime_error(
        "CATTLE_TEST_ENGINE is not set; run by ctest, or start tests/engine/engine_up.sh by hand");
  }
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(std::string("no engine was started: cannot read ") + path);
  }
  const auto document = nlohmann::json::parse(file);
  if (document.contains("unavailable")) {
    throw std::runtime_error("no engine can run here: " + document.at("unavailable").get<std::string>());
  }
  const auto text = [&document](const char* key) { return document.at(key).get<std::string>(); };
  return {.docker_host = text("docker_host"),
          .image = text("image"),
          .registry = text("registry"),
          .registry_user = text("registry_user"),
          .registry_password = text("registry_password"),
          .registry_image = text("registry_image"),
          .registry_log_file = text("registry_log_file"),
          .bridge = text("bridge"),
          .dockerd_pid_file = text("dockerd_pid_file")};
}

void EngineTest::SetUp() {
  try {
    engine_ = test_engine();
  } catch (const std::exception& error) {
    const char* strict = std::getenv("AGENT_TEST_STRICT");
    if (strict != nullptr && std::string(strict) == "1") {
      FAIL() << error.what();
    }
    GTEST_SKIP() << error.what();
  }
}

}  // namespace cattle::tests
