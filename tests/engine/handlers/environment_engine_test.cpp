// SPDX-License-Identifier: Apache-2.0
// What a process in the container sees of links, proxy and server: read from the process itself.
#include "tests/engine/handlers/rig_on_engine.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace cattle::tests {
namespace {

using nlohmann::json;

using Variables = std::map<std::string, std::string>;

class EnvironmentOnEngine : public RigOnEngine {
 protected:
  [[nodiscard]] handlers::HostOptions host() const override {
    handlers::HostOptions options;
    options.config_url = "https://server.test:8443/v1";
    options.proxy_environment = {{"http_proxy", "http://proxy.test:3128"}, {"no_proxy", "agents-own.test"}};
    return options;
  }
  void TearDown() override {
    if (!id_.empty()) (void)docker().remove_container(id_, {.force = true, .volumes = true}, {});
  }

  [[nodiscard]] json row(const std::string& name) const {
    auto made = support::instance("environment-" + name, name, engine().image);
    made["data"]["fields"]["command"] = {"sleep", "600"};
    return made;
  }

  /// Of the first process of the container that the instance gets.
  Variables variables_of(const json& instance) {
    const auto reply = rig_->reply("compute.instance.activate", support::map_data(instance));
    id_ = reply.at("instanceHostMap").at("instance").at("externalId").get<std::string>();
    const auto container = docker().inspect_container(id_, {});
    if (!container) return {};
    std::ifstream in("/proc/" + std::to_string(container->pid) + "/environ");
    Variables variables;
    for (std::string entry; std::getline(in, entry, '\0');) {
      const auto equals = entry.find('=');
      variables[entry.substr(0, equals)] = entry.substr(equals + 1);
    }
    // Docker's own.
    for (const char* name : {"PATH", "HOME", "HOSTNAME"}) variables.erase(name);
    return variables;
  }

  std::string id_;
};

TEST_F(EnvironmentOnEngine, H56_H57_H58_links_are_variables_and_what_the_user_set_stays) {
  auto linked = row("linked");
  linked["data"]["fields"]["environment"] = {{"DB_NAME", "mine"}, {"PLAIN", "a=b c"}};
  linked["instanceLinks"] = {
      {{"linkName", "db"},
       {"data", {{"fields", {{"ports", {{{"privatePort", 3306}, {"protocol", "tcp"}}}}}}}},
       {"targetInstance",
        {{"uuid", "target"},
         {"data", {{"dockerInspect", {{"Config", {{"Env", {"PATH=/bin", "HOME=/", "USER_NAME=root"}}}}}}}}}}},
      {{"linkName", "my-app.web"},
       {"data", {{"fields", {{"ports", nullptr}}}}},
       {"targetInstance", nullptr}}};
  EXPECT_EQ(variables_of(linked), (Variables{{"PLAIN", "a=b c"},
                                             {"DB_NAME", "mine"},
                                             {"DB_PORT", "tcp://db:3306"},
                                             {"DB_PORT_3306_TCP", "tcp://db:3306"},
                                             {"DB_PORT_3306_TCP_ADDR", "db"},
                                             {"DB_PORT_3306_TCP_PORT", "3306"},
                                             {"DB_PORT_3306_TCP_PROTO", "tcp"},
                                             {"DB_ENV_USER_NAME", "root"},
                                             {"MY_APP_WEB_NAME", "/cattle/my-app.web"}}));
}

TEST_F(EnvironmentOnEngine, H60_H61_E22_a_system_agents_container_gets_proxy_server_and_its_credentials) {
  auto agent = row("agent");
  agent["system"] = true;
  agent["agentId"] = 5;
  agent["data"]["fields"]["environment"] = {{"no_proxy", "events-own.test"},
                                            {"https_proxy", "http://other.test:1"},
                                            {"CATTLE_ACCESS_KEY", "key-of-the-event"},
                                            {"CATTLE_SECRET_KEY", "secret-of-the-event"}};
  EXPECT_EQ(variables_of(agent), (Variables{{"http_proxy", "http://proxy.test:3128"},
                                            {"https_proxy", "http://other.test:1"},
                                            {"no_proxy", "agents-own.test"},
                                            {"CATTLE_ACCESS_KEY", "key-of-the-event"},
                                            {"CATTLE_SECRET_KEY", "secret-of-the-event"},
                                            {"CATTLE_CONFIG_URL", "https://server.test:8443/v1"},
                                            {"CATTLE_URL", "https://server.test:8443/v1"}}));
  const auto container = docker().inspect_container(id_, {});
  ASSERT_TRUE(container);
  EXPECT_EQ(container->labels.at("io.rancher.container.agent_id"), "5");
}

TEST_F(EnvironmentOnEngine, H59_H60_H61_a_native_container_gets_neither_links_nor_proxy_nor_server) {
  auto native = row("native");
  native["nativeContainer"] = true;
  native["data"]["fields"]["environment"] = {{"no_proxy", "events-own.test"}};
  native["instanceLinks"] = {
      {{"linkName", "db"}, {"data", {{"fields", {{"ports", nullptr}}}}}, {"targetInstance", nullptr}}};
  EXPECT_EQ(variables_of(native), (Variables{{"no_proxy", "events-own.test"}}));
}

}  // namespace
}  // namespace cattle::tests
