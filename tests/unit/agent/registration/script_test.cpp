// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/script.hpp"

#include "agent/registration/api_root.hpp"
#include "agent/registration/failure.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace cattle::agent::registration {
namespace {

constexpr auto kScript =
    "#!/bin/sh\n\nexport CATTLE_REGISTRATION_ACCESS_KEY=\"registrationToken\"\n"
    "export CATTLE_REGISTRATION_SECRET_KEY=\"A1:2:x-y_z\"\nexport CATTLE_URL=\"http://server:8080/v1\"\n"
    "export DETECTED_CATTLE_AGENT_IP=\"10.0.0.9\"\n";

Outcome outcome_of(const std::string& body) {
  try {
    (void)parse_script(body);
  } catch (const Failure& failure) {
    return failure.outcome();
  }
  return Outcome::done;
}

TEST(Script, P13_the_four_exports_are_read) {
  const auto script = parse_script(kScript);
  EXPECT_EQ(script.access_key, "registrationToken");
  EXPECT_EQ(script.secret_key, "A1:2:x-y_z");
  EXPECT_EQ(script.url, "http://server:8080/v1");
  EXPECT_EQ(script.detected_ip, "10.0.0.9");
}

TEST(Script, P13_S33_nothing_is_evaluated) {
  const auto trap = std::filesystem::temp_directory_path() / "cattle-script-trap";
  std::filesystem::remove(trap);
  const auto script = parse_script(
      "#!/bin/sh\nexport CATTLE_REGISTRATION_ACCESS_KEY=\"a\"\n"
      "export CATTLE_REGISTRATION_SECRET_KEY=\"$(touch " +
      trap.string() +
      ")\"\n"
      "export CATTLE_URL='http://s/v1'\n");
  EXPECT_EQ(script.secret_key, "$(touch " + trap.string() + ")");
  EXPECT_FALSE(std::filesystem::exists(trap));
  EXPECT_EQ(script.url, "http://s/v1");
}

TEST(Script, P13_a_body_that_is_no_script_is_refused) {
  EXPECT_EQ(outcome_of("<html></html>"), Outcome::bad_script);
  EXPECT_EQ(outcome_of(std::string(kScript) + "rm -rf /\n"), Outcome::bad_script);
  EXPECT_EQ(outcome_of("#!/bin/sh\nexport CATTLE_URL=\"http://s/v1\"\n"), Outcome::bad_script);
  EXPECT_EQ(outcome_of(kScript), Outcome::done);
}

TEST(Script, S33_export_is_optional_and_names_without_value_are_left_out) {
  const auto values = parse_assignments("A=1\nexport B='2'\nexport C\n# D=4\n");
  EXPECT_EQ(values.size(), 2U);
  EXPECT_EQ(values.at("A"), "1");
  EXPECT_EQ(values.at("B"), "2");
}

TEST(Script, P37_two_values_are_found_in_a_bootstrap_script_that_is_not_understood) {
  const auto* body =
      "#!/bin/bash\ntrap cleanup EXIT\nREQUIRED_IMAGE=\"rancher/agent:v1.2.11\"\n"
      "if [ x = y ]; then DETECTED=1; fi\nDETECTED_CATTLE_AGENT_IP=\"10.0.0.7\"\n";
  EXPECT_EQ(find_assignment(body, "REQUIRED_IMAGE"), "rancher/agent:v1.2.11");
  EXPECT_EQ(find_assignment(body, "DETECTED_CATTLE_AGENT_IP"), "10.0.0.7");
  EXPECT_EQ(find_assignment(body, "NOT_THERE"), "");
}

TEST(ApiRoot, both_versions_and_host_names_that_look_like_one) {
  EXPECT_EQ(api_root("http://server:8080/v1/scripts/A:1:b"), "http://server:8080/v1");
  EXPECT_EQ(api_root("https://v1.example.com/v1/scripts/X"), "https://v1.example.com/v1");
  EXPECT_EQ(api_root("https://s/v2-beta/projects/1a5"), "https://s/v2-beta");
  EXPECT_EQ(api_root("https://s/a/b/v1"), "https://s/a/b/v1");
  EXPECT_EQ(api_root("http://server:8080"), std::nullopt);
  EXPECT_EQ(api_root("not a url"), std::nullopt);
}

TEST(ApiRoot, P10_this_machine_is_recognised) {
  EXPECT_TRUE(names_this_machine("http://localhost:8080/v1/scripts/X"));
  EXPECT_TRUE(names_this_machine("https://127.0.0.1/"));
  EXPECT_FALSE(names_this_machine("http://localhost.example.com/v1"));
  EXPECT_FALSE(names_this_machine("http://10.0.0.1/v1"));
}

}  // namespace
}  // namespace cattle::agent::registration
