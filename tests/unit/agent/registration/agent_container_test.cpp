// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/agent_container.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;

AgentContainer example() {
  AgentContainer agent;
  agent.image = "registry.local/agent:1";
  agent.environment = {{"CATTLE_URL", "http://s/v1"}, {"CATTLE_HOST_LABELS", "a=$b\"c"}, {"NO_PROXY", "x"}};
  return agent;
}

bool contains(const json& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

TEST(AgentContainer, P24_options_and_nine_mounts) {
  const auto body = agent_container_body(example());
  const auto& host = body.at("HostConfig");
  EXPECT_EQ(host.at("NetworkMode"), "host");
  EXPECT_EQ(host.at("PidMode"), "host");
  EXPECT_EQ(host.at("Privileged"), true);
  EXPECT_EQ(host.at("OomScoreAdj"), -500);
  EXPECT_EQ(host.at("RestartPolicy").at("Name"), "always");
  EXPECT_EQ(host.at("Binds").size(), 9U);
  EXPECT_TRUE(contains(host.at("Binds"), "/var/lib/rancher:/var/lib/rancher"));
  EXPECT_TRUE(contains(host.at("Binds"), "/var/log/rancher:/var/log/rancher"));
  EXPECT_EQ(body.at("Cmd"), json::array({"run"}));
}

TEST(AgentContainer, S23_it_carries_the_label_that_servers_protect) {
  EXPECT_EQ(agent_container_body(example()).at("Labels").at("io.rancher.container.system"), "rancher-agent");
}

TEST(AgentContainer, P25_P36_variables_go_over_bit_by_bit) {
  const auto body = agent_container_body(example());
  EXPECT_TRUE(contains(body.at("Env"), "CATTLE_HOST_LABELS=a=$b\"c"));
  EXPECT_TRUE(contains(body.at("Env"), "no_proxy=x"));
  EXPECT_TRUE(contains(body.at("Env"), "CATTLE_AGENT_PIDNS=host"));
  EXPECT_TRUE(contains(body.at("Env"), "RANCHER_AGENT_IMAGE=registry.local/agent:1"));
}

TEST(AgentContainer, P25_only_the_listed_names_are_forwarded) {
  const auto& names = forwarded_variables();
  EXPECT_EQ(names.size(), 25U);
  EXPECT_EQ(std::find(names.begin(), names.end(), "CATTLE_URL_OVERRIDE"), names.end());
  EXPECT_EQ(std::find(names.begin(), names.end(), "CA_FINGERPRINT"), names.end());
}

TEST(AgentContainer, P26_state_comes_from_the_volume_when_the_host_cannot_be_written) {
  auto agent = example();
  agent.var_lib_writable = false;
  EXPECT_TRUE(contains(agent_container_body(agent).at("HostConfig").at("Binds"),
                       "rancher-agent-state:/var/lib/rancher"));
}

TEST(AgentContainer, S25_the_hosts_cgroup_namespace_where_the_engine_knows_it) {
  auto agent = example();
  EXPECT_FALSE(agent_container_body(agent).at("HostConfig").contains("CgroupnsMode"));
  agent.host_cgroup_namespace = true;
  EXPECT_EQ(agent_container_body(agent).at("HostConfig").at("CgroupnsMode"), "host");
}

}  // namespace
}  // namespace cattle::agent::registration
