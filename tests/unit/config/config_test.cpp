// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include "config/home.hpp"
#include "config/host_labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cattle::config {
namespace {

namespace fs = std::filesystem;

class ConfigTest : public testing::Test {
 public:
  ConfigTest() {
    std::string pattern = (fs::temp_directory_path() / "cfgXXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    variables_ = {{"CATTLE_URL", "http://server:8080/v1"},
                  {"CATTLE_ACCESS_KEY", "key"},
                  {"CATTLE_SECRET_KEY", "secret"},
                  {"CATTLE_HOME", directory_.string()}};
  }
  ~ConfigTest() override { fs::remove_all(directory_); }

  [[nodiscard]] Environment environment() const {
    return [values = variables_](const std::string& name) -> std::optional<std::string> {
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : std::optional(found->second);
    };
  }
  [[nodiscard]] Config loaded(const Overrides& overrides = {}) const {
    return load(environment(), overrides);
  }
  [[nodiscard]] std::string error() const {
    try {
      (void)loaded();
    } catch (const ConfigError& failure) {
      return failure.what();
    }
    return "none";
  }
  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name) << content;
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream in(directory_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ConfigTest, an_address_that_was_only_made_up_is_told_to_no_container) {
  variables_.erase("CATTLE_URL");
  Overrides offline;
  offline.offline = true;
  EXPECT_TRUE(loaded(offline).config_url.empty());
  offline.url = "http://given/v1";
  EXPECT_EQ(loaded(offline).config_url, "http://given/v1");
}

TEST_F(ConfigTest, defaults_are_those_of_the_reference) {
  const auto config = loaded();
  EXPECT_EQ(config.url, "http://server:8080/v1");
  EXPECT_EQ(config.config_url, config.url);
  EXPECT_EQ(config.state_dir, config.home);
  EXPECT_EQ(config.build_dir, config.home + "/builds");
  EXPECT_EQ(config.api_proxy_listen_port, 9342);
  EXPECT_EQ(config.docker_host, "unix:///var/run/docker.sock");
  EXPECT_EQ(config.log_file, "/var/log/rancher/agent.log");
  EXPECT_TRUE(config.ping_enabled);
  EXPECT_TRUE(config.docker_enabled);
  EXPECT_FALSE(config.debug);
  EXPECT_EQ(config.limits.waiting, 1'024U);
  EXPECT_EQ(config.shutdown_grace, std::chrono::seconds(10));
  EXPECT_FALSE(config.hostname.empty());
  EXPECT_THAT(config.warnings, testing::IsEmpty());
}

TEST_F(ConfigTest, a_missing_credential_is_named_and_has_no_default) {
  for (const char* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) {
    const auto saved = variables_.extract(name);
    EXPECT_THAT(error(), testing::HasSubstr(name));
    variables_[name] = "";
    EXPECT_THAT(error(), testing::HasSubstr(name)) << "an empty value counts as unset";
    variables_[name] = saved.mapped();
  }
}

TEST_F(ConfigTest, S15_the_platform_name_beats_the_old_one_and_empty_counts_as_unset) {
  variables_["PLATFORM_URL"] = "https://other/v1";
  variables_["PLATFORM_ACCESS_KEY"] = "";
  const auto config = loaded();
  EXPECT_EQ(config.url, "https://other/v1");
  EXPECT_EQ(config.access_key, "key");
}

TEST_F(ConfigTest, S16_names_without_a_twin_are_read_under_the_old_name_only) {
  variables_["PLATFORM_MEMORY_OVERRIDE"] = "7";
  variables_["CATTLE_MILLI_CPU_OVERRIDE"] = "2000";
  variables_["CATTLE_SCHEDULER_IPS"] = "10.0.0.1";
  variables_["CATTLE_SCHEDULER_REQUIRE_ANY"] = "yes";
  variables_["CATTLE_HOST_PROC"] = "/host/proc";
  variables_["RANCHER_AGENT_IMAGE"] = "rancher/agent:v1";
  const auto config = loaded();
  EXPECT_FALSE(config.memory_override.has_value());
  EXPECT_EQ(config.milli_cpu_override, 2000);
  EXPECT_EQ(config.create_labels.at("io.rancher.scheduler.ips"), "10.0.0.1");
  EXPECT_EQ(config.create_labels.at("io.rancher.scheduler.require_any"), "yes");
  EXPECT_EQ(config.socket_tables, "/host/proc");
  EXPECT_EQ(config.agent_image, "rancher/agent:v1");
}

TEST_F(ConfigTest, the_command_line_beats_the_environment) {
  variables_["CATTLE_AGENT_ID"] = "5";
  EXPECT_EQ(loaded().agent_id, "5");
  const auto config = loaded({"http://given/v1", "other-key", "", "9"});
  EXPECT_EQ(config.url, "http://given/v1");
  EXPECT_EQ(config.access_key, "other-key");
  EXPECT_EQ(config.secret_key, "secret");
  EXPECT_EQ(config.agent_id, "9");
}

TEST_F(ConfigTest, the_url_loses_schemas_and_slashes_and_must_be_one) {
  variables_["CATTLE_URL"] = "http://server/v1/schemas/";
  EXPECT_EQ(loaded().url, "http://server/v1");
  for (const char* bad : {"server:8080", "ftp://server/", "http://", "http://user:pw@server/v1"}) {
    variables_["CATTLE_URL"] = bad;
    EXPECT_THAT(error(), testing::HasSubstr("CATTLE_URL")) << bad;
    EXPECT_THAT(error(), testing::Not(testing::HasSubstr("pw@"))) << bad;
  }
}

TEST_F(ConfigTest, H108_R60_P48_host_labels_are_parsed_like_a_query) {
  variables_["CATTLE_HOST_LABELS"] = "foo=bar&test=1&foo=x&novalue&a%20b=c+d&bad=100%&=nokey";
  EXPECT_THAT(loaded().create_labels,
              testing::ElementsAre(testing::Pair("a b", "c d"), testing::Pair("bad", "100%"),
                                   testing::Pair("foo", "bar"), testing::Pair("novalue", ""),
                                   testing::Pair("test", "1")));
}

TEST_F(ConfigTest, H109_an_override_that_is_no_number_is_ignored_with_a_warning) {
  variables_["CATTLE_MEMORY_OVERRIDE"] = "8589934592";
  variables_["CATTLE_MILLI_CPU_OVERRIDE"] = "two";
  variables_["CATTLE_LOCAL_STORAGE_MB_OVERRIDE"] = "12x";
  const auto config = loaded();
  EXPECT_EQ(config.memory_override, 8'589'934'592);
  EXPECT_FALSE(config.milli_cpu_override.has_value());
  EXPECT_FALSE(config.local_storage_mb_override.has_value());
  EXPECT_THAT(config.warnings,
              testing::UnorderedElementsAre(testing::HasSubstr("CATTLE_MILLI_CPU_OVERRIDE"),
                                            testing::HasSubstr("CATTLE_LOCAL_STORAGE_MB_OVERRIDE")));
}

TEST_F(ConfigTest, S18_an_unknown_locale_only_warns) {
  variables_["PASTURESTACK_LOCALE"] = "xx";
  EXPECT_THAT(loaded().warnings, testing::ElementsAre(testing::HasSubstr("PASTURESTACK_LOCALE")));
}

TEST_F(ConfigTest, S17_home_directory_order) {
  const auto base = directory_ / "lib";
  const Environment none = [](const std::string&) { return std::nullopt; };
  EXPECT_EQ(home_directory(none, base), (base / "cattle").string());
  write("lib/pasturestack/.docker_uuid", "u");
  EXPECT_EQ(home_directory(none, base), (base / "pasturestack").string());
  write("lib/cattle/.docker_uuid", "u");
  EXPECT_EQ(home_directory(none, base), (base / "cattle").string());
  variables_ = {{"CATTLE_HOME", "/c"}};
  EXPECT_EQ(home_directory(environment(), base), "/c");
  variables_["PLATFORM_HOME"] = "/p";
  EXPECT_EQ(home_directory(environment(), base), "/p");
  variables_["PASTURESTACK_HOME"] = "/ps";
  EXPECT_EQ(home_directory(environment(), base), "/ps");
}

TEST_F(ConfigTest, H120_an_identity_is_made_once_and_kept) {
  const auto first = loaded();
  EXPECT_THAT(first.docker_uuid, testing::MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(first.docker_uuid[14], '4') << "a version 4 UUID";
  EXPECT_NE(first.docker_uuid, first.physical_host_uuid);
  EXPECT_EQ(content(".docker_uuid"), first.docker_uuid) << "no newline";
  const auto second = loaded();
  EXPECT_EQ(second.docker_uuid, first.docker_uuid);
  EXPECT_EQ(second.physical_host_uuid, first.physical_host_uuid);
}

TEST_F(ConfigTest, H120_a_variable_replaces_the_file_and_a_newline_is_trimmed) {
  write(".docker_uuid", "from-the-file\n");
  EXPECT_EQ(loaded().docker_uuid, "from-the-file");
  variables_["CATTLE_DOCKER_UUID"] = "from-the-variable";
  EXPECT_EQ(loaded().docker_uuid, "from-the-variable");
  EXPECT_EQ(content(".docker_uuid"), "from-the-variable");
  variables_["CATTLE_PHYSICAL_HOST_UUID_FILE"] = (directory_ / "deep/er/id").string();
  const auto made = loaded().physical_host_uuid;
  EXPECT_EQ(made, content("deep/er/id"));
}

TEST_F(ConfigTest, H120_a_damaged_identity_is_reported_and_left_alone) {
  const std::string damaged{"\x01\x02 two words\0", 13};
  write(".docker_uuid", damaged);
  EXPECT_THAT(error(), testing::HasSubstr(".docker_uuid"));
  EXPECT_EQ(content(".docker_uuid"), damaged);
}

TEST_F(ConfigTest, H120_a_new_identity_in_place_of_an_empty_file_is_said) {
  write(".docker_uuid", "\n");
  const auto config = loaded();
  EXPECT_THAT(config.docker_uuid, testing::SizeIs(36));
  EXPECT_THAT(config.warnings, testing::ElementsAre(testing::HasSubstr(".docker_uuid was empty")));
  EXPECT_THAT(loaded().warnings, testing::IsEmpty());
}

TEST_F(ConfigTest, H88_the_host_ip_falls_back_to_the_agent_ip) {
  variables_["CATTLE_AGENT_IP"] = "10.0.0.5";
  EXPECT_EQ(loaded().host_ip, "10.0.0.5");
  variables_["CATTLE_DOCKER_HOST_IP"] = "10.0.0.6";
  EXPECT_EQ(loaded().host_ip, "10.0.0.6");
}

TEST_F(ConfigTest, the_proxy_goes_by_the_scheme_of_the_url) {
  variables_["http_proxy"] = "http://plain:3128";
  variables_["HTTPS_PROXY"] = "http://secure:3128";
  variables_["no_proxy"] = ".internal";
  EXPECT_EQ(loaded().http_proxy, "http://plain:3128");
  variables_["CATTLE_URL"] = "https://server/v1";
  const auto config = loaded();
  EXPECT_EQ(config.http_proxy, "http://secure:3128");
  EXPECT_EQ(config.no_proxy, ".internal");
  EXPECT_THAT(config.proxy_environment,
              testing::ElementsAre(testing::Pair("http_proxy", "http://plain:3128"),
                                   testing::Pair("HTTPS_PROXY", "http://secure:3128"),
                                   testing::Pair("no_proxy", ".internal")));
}

TEST_F(ConfigTest, a_ca_file_that_does_not_exist_leaves_the_systems) {
  variables_["CATTLE_URL"] = "https://server/v1";
  const auto usual = loaded().ca_file;
  variables_["SSL_CERT_FILE"] = (directory_ / "none.pem").string();
  const auto config = loaded();
  EXPECT_EQ(config.ca_file, usual);
  EXPECT_THAT(config.warnings, testing::ElementsAre(testing::HasSubstr("SSL_CERT_FILE")));
}

TEST_F(ConfigTest, switches_are_the_literal_word_and_debug_is_any_text) {
  variables_["CATTLE_PING_ENABLED"] = "yes";
  variables_["PLATFORM_DOCKER_ENABLED"] = "false";
  variables_["RANCHER_DEBUG"] = "1";
  const auto config = loaded();
  EXPECT_FALSE(config.ping_enabled);
  EXPECT_FALSE(config.docker_enabled);
  EXPECT_TRUE(config.debug);
  EXPECT_FALSE(config.replace_wait_program);
  variables_["CATTLE_REPLACE_WAIT_PROGRAM"] = "true";
  EXPECT_TRUE(loaded().replace_wait_program);
}

TEST_F(ConfigTest, limits_come_from_the_environment_and_zero_is_refused) {
  variables_["CATTLE_AGENT_WAITING_PER_KEY"] = "2";
  variables_["CATTLE_AGENT_WAITING"] = "3";
  variables_["CATTLE_AGENT_PINGS"] = "4";
  variables_["CATTLE_WORKERS"] = "0";
  const auto config = loaded();
  EXPECT_EQ(config.limits.waiting_per_key, 2U);
  EXPECT_EQ(config.limits.waiting, 3U);
  EXPECT_EQ(config.limits.pings, 4U);
  EXPECT_EQ(config.limits.workers, 64U);
  EXPECT_THAT(config.warnings, testing::ElementsAre(testing::HasSubstr("CATTLE_WORKERS")));
}

TEST_F(ConfigTest, P27_option_files_are_read_in_order_and_beat_the_environment) {
  variables_["CATTLE_HOST_LABELS"] = "from=environment";
  write("node-agent/agent.conf", "export CATTLE_HOST_LABELS='from=node'\nCATTLE_AGENT_IP=10.0.0.1\n");
  write("pyagent/agent.conf", "export CATTLE_HOST_LABELS=\"from=pyagent\"\n");
  const auto config = loaded();
  EXPECT_EQ(config.create_labels.at("from"), "pyagent");
  EXPECT_EQ(config.host_ip, "10.0.0.1");
}

TEST_F(ConfigTest, an_address_rule_that_registering_stored_is_older_than_the_environment) {
  write("node-agent/agent.conf", "export CATTLE_AGENT_IP='if:eth0'\n");
  EXPECT_EQ(loaded().host_ip, "if:eth0");
  variables_["CATTLE_AGENT_IP"] = "10.0.0.9";
  EXPECT_EQ(loaded().host_ip, "10.0.0.9");
  write("node-agent/agent.conf", "export CATTLE_AGENT_IP='10.0.0.0/8'\n");
  EXPECT_EQ(loaded().host_ip, "10.0.0.9");
  write("node-agent/agent.conf", "export CATTLE_AGENT_IP='10.0.0.1'\n");
  EXPECT_EQ(loaded().host_ip, "10.0.0.1") << "an operator's own, P27";
}

}  // namespace
}  // namespace cattle::config
