// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/component/agent/registration/program.hpp"
#include "tests/component/agent/registration/registration_fixture.hpp"
#include "tests/support/fake_engine.hpp"

#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cattle::agent {

/// The program on a host of its own: /var/lib, /var/log and /var/run belong to the test.
class Command : public registration::RegistrationTest {
 protected:
  void SetUp() override {
    if (!is_root()) GTEST_SKIP() << "a /var/lib of its own takes root";
    for (const auto& place : {lib_, log_, run_}) std::filesystem::create_directories(place);
    variables_ = {{"DOCKER_HOST", engine_.docker_host()}, {"PATH", "/usr/bin:/bin"}};
  }
  ProgramRun run(const std::vector<std::string>& arguments) {
    return run_program(arguments, variables_, [this] {
      return own_mounts() && ::mount(lib_.c_str(), "/var/lib", nullptr, MS_BIND, nullptr) == 0 &&
             ::mount(log_.c_str(), "/var/log", nullptr, MS_BIND, nullptr) == 0 &&
             ::mount(run_.c_str(), "/run", nullptr, MS_BIND, nullptr) == 0 && ::chdir(lib_.c_str()) == 0 &&
             (!on_host_ || on_host_());
    });
  }
  ProgramRun run_register() { return run({"register", registration_url(server_)}); }
  /// `key`, as it is in its file.
  void key_is_sent_and_nothing_is_told(const std::string& key, const std::string& told) const {
    int posts = 0;
    for (const auto& call : server_.requests("/register")) {
      const auto sent = call.method == "POST" ? nlohmann::json::parse(call.body).at("key").get<std::string>()
                                              : call.values("key").at(0);
      EXPECT_EQ(sent + "\n", key);
      posts += call.method == "POST" ? 1 : 0;
    }
    EXPECT_EQ(posts, 1);
    for (const std::string& secret :
         {std::string(registration::kToken), std::string("theSecretKeyOfTheAgent"), key.substr(0, 128)})
      EXPECT_THAT(told, testing::Not(testing::HasSubstr(secret)));
  }
  [[nodiscard]] std::filesystem::path state(const std::string& name) const {
    return lib_ / "rancher/state" / name;
  }
  static mode_t mode(const std::filesystem::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(lib_))
      if (!entry.is_directory()) found.push_back(std::filesystem::relative(entry.path(), lib_).string());
    return found;
  }

  const std::filesystem::path lib_ = directory_ / "lib";
  const std::filesystem::path log_ = directory_ / "log";
  const std::filesystem::path run_ = directory_ / "run";
  support::FakeServer server_;
  support::FakeEngine engine_;
  std::map<std::string, std::string> variables_;
  std::function<bool()> on_host_;  ///< Before the program starts there.
};

}  // namespace cattle::agent
