// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace cattle::handlers {
namespace {

using testing::body_of;
using testing::debian_engine;
using testing::host_config_of;
using testing::json;

using Variables = std::map<std::string, std::string>;

Variables variables_of(const json& fields, const json& columns, const SpecFacts& facts = debian_engine()) {
  Variables variables;
  for (const json& entry : body_of(fields, columns, facts).value("Env", json::array())) {
    const std::string text = entry.get<std::string>();
    const auto equals = text.find('=');
    EXPECT_TRUE(variables.emplace(text.substr(0, equals), text.substr(equals + 1)).second) << text;
  }
  return variables;
}

json link(const char* name, const json& ports, const json& names = nullptr,
          const json& target_environment = nullptr) {
  json made = {{"linkName", name},
               {"data", {{"fields", {{"ports", ports}, {"instanceNames", names}}}}},
               {"targetInstance", nullptr}};
  if (!target_environment.is_null()) {
    made["targetInstance"] = {{"uuid", "target-uuid"},
                              {"data", {{"dockerInspect", {{"Config", {{"Env", target_environment}}}}}}}};
  }
  return made;
}

const json kMysqlPorts = {{{"privatePort", 3306}, {"protocol", "tcp"}},
                          {{"privatePort", "3307"}, {"protocol", "udp"}}};
const json kRedisPorts = {{{"privatePort", 26}, {"protocol", "udp"}}};
const json kTargetEnvironment = {"JUSTKEY", "PATH=x", "HOME=x", "ONE=TWO", "THREE=FOUR"};

void add_redis(Variables& variables, const std::string& prefix, const std::string& name) {
  variables[prefix + "_NAME"] = "/cattle/" + name;
  variables[prefix + "_PORT"] = "udp://redis:26";
  variables[prefix + "_PORT_26_UDP"] = "udp://redis:26";
  variables[prefix + "_PORT_26_UDP_ADDR"] = "redis";
  variables[prefix + "_PORT_26_UDP_PORT"] = "26";
  variables[prefix + "_PORT_26_UDP_PROTO"] = "udp";
  variables[prefix + "_ENV_ONE"] = "TWO";
  variables[prefix + "_ENV_THREE"] = "FOUR";
}

TEST(Links, H56_the_worked_example_gives_exactly_these_variables) {
  const json links = {{"instanceLinks",
                       {link("mysql", kMysqlPorts),
                        link("redis", kRedisPorts, {"env_redis_1", "env_redis_2"}, kTargetEnvironment)}}};
  Variables expected = {{"MYSQL_NAME", "/cattle/mysql"},
                        {"MYSQL_PORT", "udp://mysql:3307"},
                        {"MYSQL_PORT_3306_TCP", "tcp://mysql:3306"},
                        {"MYSQL_PORT_3306_TCP_ADDR", "mysql"},
                        {"MYSQL_PORT_3306_TCP_PORT", "3306"},
                        {"MYSQL_PORT_3306_TCP_PROTO", "tcp"},
                        {"MYSQL_PORT_3307_UDP", "udp://mysql:3307"},
                        {"MYSQL_PORT_3307_UDP_ADDR", "mysql"},
                        {"MYSQL_PORT_3307_UDP_PORT", "3307"},
                        {"MYSQL_PORT_3307_UDP_PROTO", "udp"}};
  add_redis(expected, "REDIS", "redis");
  add_redis(expected, "ENV_REDIS_1", "env_redis_1");
  add_redis(expected, "ENV_REDIS_2", "env_redis_2");
  add_redis(expected, "REDIS_1", "redis_1");
  add_redis(expected, "REDIS_2", "redis_2");
  EXPECT_EQ(variables_of({}, links), expected);
}

TEST(Links, H56_what_the_user_sets_is_never_replaced) {
  const json links = {{"instanceLinks", {link("mysql", kMysqlPorts)}}};
  const Variables variables =
      variables_of({{"environment", {{"MYSQL_NAME", "mine"}, {"MYSQL_PORT", nullptr}}}}, links);
  EXPECT_EQ(variables.at("MYSQL_NAME"), "mine");
  EXPECT_EQ(variables.at("MYSQL_PORT"), "");
}

TEST(Links, H57_without_ports_there_is_a_name_only) {
  EXPECT_EQ(variables_of({}, {{"instanceLinks", {link("db", nullptr)}}}),
            (Variables{{"DB_NAME", "/cattle/db"}}));
  EXPECT_EQ(
      variables_of({}, {{"instanceLinks", {link("db", {{{"privatePort", nullptr}, {"protocol", "tcp"}}})}}}),
      (Variables{{"DB_NAME", "/cattle/db"}}));
}

TEST(Links, H57_what_the_targets_own_links_made_is_not_copied) {
  json environment = kTargetEnvironment;
  for (const char* entry :
       {"TWO_LVL_NAME=/cattle/two-lvl", "TWO_LVL_ENV_KEY=value", "TWO_LVL_PORT=foo", "key=low"})
    environment.push_back(entry);
  const Variables variables =
      variables_of({}, {{"instanceLinks", {link("redis", nullptr, nullptr, environment)}}});
  EXPECT_EQ(variables, (Variables{{"REDIS_NAME", "/cattle/redis"},
                                  {"REDIS_ENV_ONE", "TWO"},
                                  {"REDIS_ENV_THREE", "FOUR"},
                                  {"REDIS_ENV_key", "low"}}));
}

TEST(Links, H58_every_character_that_a_variable_cannot_have_is_replaced) {
  EXPECT_TRUE(
      variables_of({}, {{"instanceLinks", {link("my-app.web", nullptr)}}}).contains("MY_APP_WEB_NAME"));
}

TEST(Links, H59_a_native_container_gets_no_link_variables) {
  const json columns = {{"nativeContainer", true},
                        {"instanceLinks", {link("db", kMysqlPorts, nullptr, kTargetEnvironment)}}};
  EXPECT_TRUE(variables_of({}, columns).empty());
  EXPECT_EQ(host_config_of({}, columns)["Links"], (json{"target-uuid:db"}));
  EXPECT_FALSE(host_config_of({}, {{"instanceLinks", columns["instanceLinks"]}}).contains("Links"));
}

TEST(Proxy, H60_a_system_container_gets_the_agents_proxy) {
  SpecFacts facts = debian_engine();
  facts.proxy_environment = {{"no_proxy", "foo"}, {"HTTPS_PROXY", ""}};
  const json fields = {{"environment", {{"no_proxy", "bar"}, {"HTTPS_PROXY", "kept"}, {"X", nullptr}}}};
  EXPECT_EQ(variables_of(fields, {{"system", true}}, facts),
            (Variables{{"no_proxy", "foo"}, {"HTTPS_PROXY", "kept"}, {"X", ""}}));
  EXPECT_EQ(variables_of(fields, {{"systemContainer", "NetworkAgent"}}, facts).at("no_proxy"), "foo");
  EXPECT_EQ(variables_of(fields, {{"system", false}}, facts).at("no_proxy"), "bar");
}

TEST(ServerUrl, H61_P54_an_agent_container_is_told_where_the_server_is) {
  SpecFacts facts = debian_engine();
  facts.config_url = "https://h:1/a";
  const json agent = {{"agentId", 5}};
  EXPECT_EQ(variables_of({}, agent, facts),
            (Variables{{"CATTLE_CONFIG_URL", "https://h:1/a"}, {"CATTLE_URL", "https://h:1/a"}}));
  EXPECT_EQ(body_of({}, agent, facts)["Labels"]["io.rancher.container.agent_id"], "5");
  EXPECT_EQ(variables_of({{"environment", {{"CATTLE_URL", "mine"}}}}, agent, facts).at("CATTLE_URL"), "mine");
  EXPECT_TRUE(variables_of({}, json::object(), facts).empty());
  EXPECT_FALSE(body_of({}, json::object(), facts)["Labels"].contains("io.rancher.container.agent_id"));
  facts.config_url.clear();
  EXPECT_TRUE(variables_of({}, agent, facts).empty());
}

TEST(ServerUrl, H61_localhost_is_told_in_parts) {
  SpecFacts facts = debian_engine();
  facts.config_url = "https://localhost:1234/a/path";
  EXPECT_EQ(variables_of({}, {{"agentId", 5}}, facts), (Variables{{"CATTLE_AGENT_INSTANCE", "true"},
                                                                  {"CATTLE_CONFIG_URL_SCHEME", "https"},
                                                                  {"CATTLE_CONFIG_URL_PATH", "/a/path"},
                                                                  {"CATTLE_CONFIG_URL_PORT", "9342"}}));
  facts.config_url = "https://localhost.example.org/v1";
  EXPECT_TRUE(variables_of({}, {{"agentId", 5}}, facts).contains("CATTLE_URL"));
}

TEST(ServerUrl, H61_the_label_asks_for_it_too_but_makes_no_agent_id) {
  SpecFacts facts = debian_engine();
  facts.config_url = "https://h:1/a";
  const json columns = {{"labels", {{"io.rancher.container.cattle_url", "true"}}}};
  EXPECT_TRUE(variables_of({}, columns, facts).contains("CATTLE_URL"));
  EXPECT_TRUE(variables_of({{"labels", columns["labels"]}}, json::object(), facts).contains("CATTLE_URL"));
  EXPECT_FALSE(body_of({}, columns, facts)["Labels"].contains("io.rancher.container.agent_id"));
}

}  // namespace
}  // namespace cattle::handlers
