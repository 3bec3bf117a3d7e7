// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/host_inspection.hpp"
#include "agent/registration/key.hpp"
#include "agent/registration/option_file_entry.hpp"
#include "config/state_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

namespace cattle::agent::registration {
namespace {

class State : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "cattle-state-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] static unsigned mode(const std::string& file) {
    struct stat status {};
    return stat(file.c_str(), &status) == 0 ? status.st_mode & 0777U : 0U;
  }

  std::string directory_;
};

TEST_F(State, P15_the_key_is_made_once_and_kept) {
  const auto key = registration_key(path("state"));
  EXPECT_EQ(key.size(), 128U);
  EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(registration_key(path("state")), key);
  EXPECT_EQ(mode(path("state/.registration_token")), 0600U);
}

TEST_F(State, R57_a_damaged_key_is_reported_and_not_replaced) {
  std::ofstream(path(".registration_token")) << "half\x01";
  EXPECT_THROW((void)registration_key(directory_), Failure);
  EXPECT_EQ(config::read_state_file(path(".registration_token")), "half\x01");
}

TEST_F(State, P15_R57_half_a_key_is_reported_and_not_trusted) {
  std::ofstream(path(".registration_token")) << std::string(64, 'a');
  EXPECT_THROW((void)registration_key(directory_), Failure);
  EXPECT_EQ(config::read_state_file(path(".registration_token")), std::string(64, 'a'));
  std::ofstream(path(".registration_token")) << std::string(128, 'a');
  EXPECT_EQ(registration_key(directory_), std::string(128, 'a')) << "only the line end is missing";
}

TEST_F(State, P49_a_stock_key_of_another_form_is_taken_as_it_is) {
  std::ofstream(path(".registration_token")) << "ABCDEF0123\n";
  EXPECT_EQ(registration_key(directory_), "ABCDEF0123");
}

TEST_F(State, P15_R57_a_whole_key_is_told_from_half_a_one_by_its_length_or_line_end) {
  for (const auto& whole : {std::string(128, 'a'), std::string(128, 'a') + "\n", std::string("AB01\n")})
    EXPECT_TRUE(is_whole_key(whole)) << whole;
  for (const auto& damaged : {std::string(), std::string("\n"), std::string(127, 'a'), std::string("AB01"),
                              std::string("xyz\n"), std::string(128, '\0') + "\n"})
    EXPECT_FALSE(is_whole_key(damaged)) << damaged;
}

TEST_F(State, nothing_is_left_beside_a_state_file) {
  config::write_state_file(path("a/b/file"), "one", 0600);
  config::write_state_file(path("a/b/file"), "two", 0640);
  EXPECT_EQ(config::read_state_file(path("a/b/file")), "two");
  EXPECT_EQ(mode(path("a/b/file")), 0640U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path("a/b")), {}), 1);
  EXPECT_EQ(config::read_state_file(path("missing")), std::nullopt);
}

TEST_F(State, an_option_is_set_and_the_rest_of_the_file_stays) {
  std::ofstream(path("agent.conf")) << "# mine\nexport A=1\nexport CATTLE_AGENT_IP=1.1.1.1\n";
  set_option(path("agent.conf"), "CATTLE_AGENT_IP", "if:e'0");
  EXPECT_EQ(config::read_state_file(path("agent.conf")),
            "# mine\nexport A=1\nexport CATTLE_AGENT_IP='if:e'\\''0'");
}

TEST_F(State, P06_inspect_host_prints_what_its_reader_understands) {
  std::string output;
  inspect_host({path("state"), path("volume")}, {}, [&](const std::string& line) { output += line + "\n"; });
  std::string said;
  const auto facts = parse_host_facts("hello\n" + output, [&](const std::string& line) { said += line; });
  EXPECT_EQ(facts.key, registration_key(path("state")));
  EXPECT_TRUE(facts.var_lib_writable);
  EXPECT_EQ(said, "hello");
}

TEST_F(State, P26_a_host_that_cannot_be_written_is_said) {
  std::ofstream(path("file")) << "x";
  std::string output;
  inspect_host({path("file") + "/state", path("volume")}, {},
               [&](const std::string& line) { output += line + "\n"; });
  const auto facts = parse_host_facts(output, [](const std::string&) {});
  EXPECT_FALSE(facts.var_lib_writable);
  EXPECT_EQ(facts.key, registration_key(path("volume"))) << "the named volume holds it then";
}

TEST_F(State, P27_what_is_handed_to_the_inspection_is_kept_where_the_agent_will_look) {
  const std::map<std::string, std::string> variables{{"CATTLE_KEEP_CATTLE_AGENT_IP", "if:eth0"},
                                                     {"CATTLE_KEEP_CATTLE_UPGRADE_IMAGES", "any"},
                                                     {"CATTLE_HOST_LABELS", "a=b"},
                                                     {"CATTLE_KEEP_CA", "pem"}};
  const auto keeping = handed_over([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  inspect_host({path("rancher/state"), path("volume/state")}, keeping, [](const std::string&) {});
  EXPECT_EQ(config::read_state_file(path("rancher/etc/agent.conf")),
            "export CATTLE_AGENT_IP='if:eth0'\nexport CATTLE_UPGRADE_IMAGES='any'");
  EXPECT_EQ(config::read_state_file(path("rancher/etc/ssl/ca.crt")), "pem");
  std::ofstream(path("file")) << "x";
  inspect_host({path("file") + "/state", path("volume/state")}, keeping, [](const std::string&) {});
  EXPECT_TRUE(std::filesystem::exists(path("volume/etc/agent.conf"))) << "P26";
}

TEST_F(State, options_are_taken_out_and_what_is_an_operators_stays) {
  std::ofstream(path("agent.conf")) << "# mine\nA=1\n";
  set_option(path("agent.conf"), "CATTLE_AGENT_IP", "1.1.1.1");
  set_option(path("agent.conf"), "CATTLE_HOST_LABELS", "a=b");
  EXPECT_EQ(mode(record_of_options(path("agent.conf"))), 0600U);
  remove_options(path("agent.conf"), {"CATTLE_AGENT_IP"});
  EXPECT_EQ(recorded_lines(path("agent.conf")).size(), 1U);
  remove_recorded_lines(path("agent.conf"));
  EXPECT_EQ(config::read_state_file(path("agent.conf")), "# mine\nA=1");
  set_option(path("ours.conf"), "CATTLE_AGENT_IP", "1.1.1.1");
  remove_recorded_lines(path("ours.conf"));
  EXPECT_FALSE(std::filesystem::exists(path("ours.conf")));
  remove_recorded_lines(path("none.conf"));
  remove_options(path("none.conf"), kept_options());
}

TEST_F(State, an_operators_line_is_not_taken_for_one_of_registering) {
  const std::string mine = "CATTLE_UPGRADE_IMAGES=any\nexport CATTLE_AGENT_IP=\"1.1.1.1\"";
  std::ofstream(path("agent.conf")) << mine << "\n";
  set_option(path("agent.conf"), "CATTLE_AGENT_IP", "1.1.1.1");
  remove_recorded_lines(path("agent.conf"));
  EXPECT_EQ(config::read_state_file(path("agent.conf")), mine) << "what it says already is not written anew";
  set_option(path("agent.conf"), "CATTLE_HOST_LABELS", "a=b");
  std::ofstream(path("agent.conf")) << "export CATTLE_HOST_LABELS='a=c'\n";
  remove_recorded_lines(path("agent.conf"));
  EXPECT_EQ(config::read_state_file(path("agent.conf")), "export CATTLE_HOST_LABELS='a=c'")
      << "changed since";
}

TEST_F(State, a_ca_is_ours_to_remove_only_while_it_is_the_one_that_was_stored) {
  std::ofstream(path("ca.crt")) << "an operator's";
  EXPECT_TRUE(stored_ca_files(path("ca.crt")).empty());
  store_ca_certificate(path("ca.crt"), "fetched");
  EXPECT_EQ(stored_ca_files(path("ca.crt")).size(), 2U);
}

TEST_F(State, no_certificate_has_no_fingerprint) {
  EXPECT_EQ(sha1_fingerprint("not a certificate"), "");
}

}  // namespace
}  // namespace cattle::agent::registration
