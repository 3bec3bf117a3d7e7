// SPDX-License-Identifier: Apache-2.0
#include "config/ca_bundle.hpp"
#include "config/hostname.hpp"
#include "config/identity.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace cattle::config {
namespace {

using Values = std::map<std::string, std::string>;

struct Parsed {
  Values values;
  std::vector<std::string> warnings;
};

Parsed parsed(std::string_view text) {
  Parsed result;
  parse_option_file(text, "agent.conf", result.values, result.warnings);
  return result;
}

TEST(OptionFile, plain_exported_and_quoted_assignments_are_understood) {
  const auto result = parsed(
      "# a comment\n\n  A=1  \nexport B=two # said twice\nC='three words'\nD=\"four 'q'\"\nE=\r\nexport A\n");
  EXPECT_EQ(result.values,
            (Values{{"A", "1"}, {"B", "two"}, {"C", "three words"}, {"D", "four 'q'"}, {"E", ""}}));
  EXPECT_THAT(result.warnings, testing::IsEmpty());
}

TEST(OptionFile, S33_nothing_is_evaluated) {
  const auto result =
      parsed("A=$(touch /tmp/x)\nB=\"`id`\"\nC='$literal'\nD=\"$HOME\"\nE=x; rm -rf /\n. /etc/other\n");
  EXPECT_EQ(result.values, (Values{{"C", "$literal"}}));
  EXPECT_THAT(result.warnings, testing::SizeIs(5));
}

TEST(OptionFile, P27_a_value_of_several_parts_is_one_word) {
  const auto result = parsed("A='it'\\''s'\nB=a\\ b\"c\\\"d\"\nC='open\nD=x(y)\nE='a'#b\n");
  EXPECT_EQ(result.values, (Values{{"A", "it's"}, {"B", "a bc\"d"}, {"E", "a#b"}}));
  EXPECT_THAT(result.warnings, testing::SizeIs(2));
}

TEST(OptionFile, a_warning_names_the_line_and_never_the_value) {
  const auto result = parsed("OK=1\nCATTLE_SECRET_KEY='s3cret\n");
  ASSERT_THAT(result.warnings, testing::SizeIs(1));
  EXPECT_THAT(result.warnings.front(), testing::HasSubstr("agent.conf line 2"));
  EXPECT_THAT(result.warnings.front(), testing::Not(testing::HasSubstr("s3cret")));
}

TEST(OptionFile, files_that_do_not_exist_are_no_matter) {
  std::vector<std::string> warnings;
  EXPECT_TRUE(read_option_files({"/nonexistent/agent.conf"}, warnings).empty());
  EXPECT_THAT(warnings, testing::IsEmpty());
}

TEST(CaFiles, a_bundle_that_does_not_exist_is_passed_over_with_a_warning) {
  std::map<std::string, std::string> variables{{"SSL_CERT_FILE", "/nonexistent/ca.pem"}};
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<std::string> warnings;
  EXPECT_EQ(given_ca_bundle(environment, warnings), "");
  EXPECT_THAT(warnings, testing::ElementsAre(testing::HasSubstr("SSL_CERT_FILE names /nonexistent/ca.pem")));
  variables["CURL_CA_BUNDLE"] = "/proc/self/exe";
  EXPECT_EQ(given_ca_bundle(environment, warnings), "/proc/self/exe");
  variables["SSL_CERT_FILE"] = "/proc/version";
  EXPECT_EQ(given_ca_bundle(environment, warnings), "/proc/version");
}

TEST(OtherKinds, P27_P22_what_is_no_file_is_passed_over_with_a_warning_and_never_waited_for) {
  std::string pattern = (std::filesystem::temp_directory_path() / "knd-XXXXXX").string();
  const std::filesystem::path base = ::mkdtemp(pattern.data());
  const auto pipe = (base / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& other : {pipe, base.string(), std::string("/dev/zero")}) {
    std::vector<std::string> warnings;
    EXPECT_TRUE(read_option_files({other}, warnings).empty());
    EXPECT_THAT(warnings, testing::ElementsAre(testing::HasSubstr(other + " is a "))) << other;
    warnings.clear();
    EXPECT_EQ(given_ca_bundle([&](const std::string&) { return std::optional(other); }, warnings), "");
    EXPECT_THAT(warnings, testing::SizeIs(2)) << "SSL_CERT_FILE and CURL_CA_BUNDLE";
    EXPECT_EQ(first_existing({other, "/proc/version"}), "/proc/version");
    EXPECT_THROW((void)read_state_file(other), StateFileError);
  }
  std::filesystem::remove_all(base);
}

TEST(Identity, H120_a_variable_of_spaces_makes_no_new_host_of_every_start) {
  std::vector<std::string> warnings;
  EXPECT_THROW((void)identity("/nonexistent/uuid", " \t", warnings), ConfigError);
  EXPECT_EQ(identity_in(" one \n"), "one");
  EXPECT_EQ(identity_in("one two"), std::nullopt);
}

TEST(CaFiles, P22_every_certificate_of_both_families_directories_is_trusted) {
  std::string pattern = (std::filesystem::temp_directory_path() / "cafXXXXXX").string();
  const std::filesystem::path base = ::mkdtemp(pattern.data());
  EXPECT_THAT(extra_ca_files("/s/ca.crt", base), testing::Contains("/s/ca.crt"));
  std::filesystem::create_directories(base / "rancher");
  std::filesystem::create_directories(base / "pasturestack");
  for (const auto* name :
       {"rancher/company.crt", "pasturestack/own.crt", "rancher/agent-ca.crt", "rancher/x.txt"})
    std::ofstream(base / name) << "x";
  const auto files = extra_ca_files("/s/ca.crt", base);
  EXPECT_EQ(files.front(), "/s/ca.crt");
  for (const auto* name : {"rancher/company.crt", "pasturestack/own.crt", "rancher/agent-ca.crt"})
    EXPECT_EQ(std::count(files.begin(), files.end(), (base / name).string()), 1) << name;
  EXPECT_THAT(files, testing::Not(testing::Contains((base / "rancher/x.txt").string())));
  std::filesystem::remove_all(base);
}

TEST(Hostname, the_first_name_of_the_line_that_lists_the_host) {
  std::string pattern = (std::filesystem::temp_directory_path() / "hstXXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(pattern.data());
  std::ofstream(directory / "hosts") << "127.0.0.1 localhost\n# 10.0.0.1 wrong.example one\n"
                                        "10.0.0.2 one.example.org one\n127.0.1.1 localhost.localdomain two\n";
  EXPECT_EQ(fully_qualified("one", directory / "hosts"), "one.example.org");
  EXPECT_EQ(fully_qualified("two", directory / "hosts"), "two");
  EXPECT_EQ(fully_qualified("three", directory / "hosts"), "three");
  EXPECT_EQ(fully_qualified("a.b", directory / "hosts"), "a.b");
  EXPECT_EQ(fully_qualified("one", directory / "none"), "one");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cattle::config
