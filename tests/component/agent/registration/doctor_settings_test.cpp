// SPDX-License-Identifier: Apache-2.0
// Settings that the agent would pass over, and files that are named by them.
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cattle::agent::doctor {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kOptions = "rancher/etc/agent.conf";

class DoctorSettings : public Doctor {
 protected:
  /// With a /var/lib of its own.
  [[nodiscard]] std::function<bool()> on_its_own() const {
    return [this] {
      return own_mounts() &&
             ::mount((directory_ / "lib").c_str(), "/var/lib", nullptr, MS_BIND, nullptr) == 0;
    };
  }
  void expect_options_found(const std::string& what) {
    EXPECT_THAT(found(on_its_own()), only(Cause::configuration)) << last_.output;
    EXPECT_THAT(last_.output, AllOf(HasSubstr("/var/lib/rancher/etc/agent.conf"), HasSubstr(what)));
  }
  /// The doctor and, for as long as it takes to start, `run` are over in time.
  void expect_bundle_found(const std::string& what) {
    EXPECT_THAT(found(), only(Cause::configuration)) << last_.output;
    EXPECT_THAT(last_.output, AllOf(HasSubstr("SSL_CERT_FILE names "), HasSubstr(what)));
    const auto run = run_program({"register", "http://127.0.0.1:1/v1/scripts/x"}, variables_);
    EXPECT_LT(run.time, std::chrono::seconds(10)) << "the register that follows is over, too";
    EXPECT_THAT(run.output, HasSubstr("SSL_CERT_FILE"));
  }
};

TEST_F(DoctorSettings, P27_a_line_of_agent_conf_that_only_a_shell_could_tell) {
  if (!is_root()) GTEST_SKIP() << "mounting takes root";
  write(std::string("lib/") + kOptions, "export CATTLE_HOST_LABELS='a=b'\n# fine\n");
  EXPECT_THAT(found(on_its_own()), IsEmpty()) << last_.output;
  write(std::string("lib/") + kOptions, "export A=1\nexport CATTLE_HOST_LABELS=$(hostname)\n");
  expect_options_found("line 2");
  EXPECT_THAT(last_.output, HasSubstr("mend or remove"));
  write(std::string("lib/") + kOptions, std::string("\x7f"
                                                    "ELF\0\x01",
                                                    6));
  expect_options_found("line 1");
}

TEST_F(DoctorSettings, P27_something_else_in_the_place_of_agent_conf) {
  if (!is_root()) GTEST_SKIP() << "mounting takes root";
  const auto path = directory_ / "lib" / kOptions;
  std::filesystem::create_directories(path);
  expect_options_found("is a directory");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_options_found("is a pipe or a device");
}

TEST_F(DoctorSettings, P22_a_bundle_that_is_no_file_is_found_and_keeps_nobody_waiting) {
  const auto path = directory_ / "bundle.pem";
  variables_["SSL_CERT_FILE"] = path.string();
  expect_bundle_found("does not exist");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_bundle_found("is a pipe or a device");
  const support::TestCa ca;
  const auto server = secure(ca.issue({"127.0.0.1"}));
  EXPECT_THAT(found(), testing::ElementsAre(static_cast<int>(Cause::configuration),
                                            static_cast<int>(Cause::certificate_unknown)))
      << last_.output;
  variables_["CATTLE_URL"] = server_.url();
  std::filesystem::remove(path);
  std::filesystem::create_directories(path);
  expect_bundle_found("is a directory");
  variables_["SSL_CERT_FILE"] = "/dev/zero";
  expect_bundle_found("is a pipe or a device");
}

TEST_F(DoctorSettings, a_bundle_without_a_certificate_is_named_and_no_verdict_is_built_on_it) {
  const support::TestCa ca;
  const auto server = secure(ca.issue({"127.0.0.1"}));
  variables_["SSL_CERT_FILE"] = (directory_ / "bundle.pem").string();
  for (const auto* text : {"", "junk"}) {
    write("bundle.pem", text);
    EXPECT_THAT(found(), only(Cause::tls)) << last_.output;
    EXPECT_THAT(last_.output, AllOf(HasSubstr("bundle.pem holds no certificate"), HasSubstr("unset it")));
  }
}

TEST_F(DoctorSettings, a_client_key_of_the_engine_that_is_no_file) {
  variables_["DOCKER_CERT_PATH"] = (directory_ / "certs").string();
  variables_["DOCKER_TLS_VERIFY"] = "1";
  variables_["DOCKER_HOST"] = "tcp://127.0.0.1:1";
  std::filesystem::create_directories(directory_ / "certs");
  ASSERT_EQ(::mkfifo((directory_ / "certs/ca.pem").c_str(), 0600), 0);
  EXPECT_THAT(found(), only(Cause::engine_socket)) << last_.output;
  EXPECT_THAT(last_.output, AllOf(HasSubstr("ca.pem is no file"), HasSubstr("DOCKER_CERT_PATH")));
}

TEST_F(DoctorSettings, what_a_variable_says_that_makes_no_sense) {
  variables_["CATTLE_MEMORY_OVERRIDE"] = "lots";
  EXPECT_THAT(found(), only(Cause::configuration)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("CATTLE_MEMORY_OVERRIDE"));
  variables_.erase("CATTLE_MEMORY_OVERRIDE");
  for (const auto* word : {"two words", " "}) {
    variables_["CATTLE_DOCKER_UUID"] = word;
    EXPECT_THAT(found(), only(Cause::configuration)) << last_.output;
    EXPECT_THAT(last_.output, HasSubstr("CATTLE_DOCKER_UUID holds no identity"));
  }
  variables_.erase("CATTLE_DOCKER_UUID");
  variables_["PASTURESTACK_LOCALE"] = "de-DE";
  EXPECT_THAT(found(), IsEmpty()) << "nothing that a host suffers from" << last_.output;
}

}  // namespace
}  // namespace cattle::agent::doctor
