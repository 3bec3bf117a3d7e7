// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/search_domains.hpp"
#include "handlers/errors.hpp"
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace cattle::handlers {
namespace {

using testing::body_of;
using testing::debian_engine;
using testing::host_config_of;
using testing::json;
using testing::on_network;

constexpr const char* kMac = "02:00:00:00:00:01";

json search(const json& domains, const json& labels, const std::vector<std::string>& of_host) {
  SpecFacts facts = debian_engine();
  facts.host_search_domains = of_host;
  return host_config_of({{"dnsSearch", domains}, {"labels", labels}}, {}, facts).value("DnsSearch", json());
}

json binding(const char* address, const char* port) {
  return {{"HostIp", address}, {"HostPort", port}};
}

TEST(Dns, H44_the_hosts_domains_join_those_of_the_services) {
  const json last = {{"io.rancher.container.dns.priority", "service_last"}};
  EXPECT_EQ(search({"rancher.internal"}, nullptr, {"a", "b"}), (json{"rancher.internal", "a", "b"}));
  EXPECT_EQ(search({"rancher.internal"}, last, {"a", "b"}), (json{"a", "b", "rancher.internal"}));
  EXPECT_EQ(search({"x.com"}, nullptr, {"a"}), (json{"x.com"}));
  EXPECT_EQ(search({"x.com", "rancher.internal"}, nullptr, {"a"}), (json{"x.com", "rancher.internal"}));
  EXPECT_EQ(search(json::array(), nullptr, {"a"}), json());
  EXPECT_EQ(search({"s.rancher.internal", "rancher.internal"}, nullptr, {"a", "rancher.internal", "a"}),
            (json{"s.rancher.internal", "rancher.internal", "a"}));
}

TEST(Dns, H44_search_lines_are_read_in_file_order_and_a_missing_file_is_empty) {
  std::string path = "/tmp/ca-resolvXXXXXX";
  const int file = mkstemp(path.data());
  ASSERT_GE(file, 0);
  std::ofstream(path)
      << "nameserver 1.1.1.1\nsearch a.com b.com\n#search no\nsearch\tc.com\n  search d.com\noptions "
         "ndots:1\nsearching d\n";
  EXPECT_EQ(read_search_domains(path), (std::vector<std::string>{"a.com", "b.com", "c.com"}));
  std::remove(path.c_str());
  EXPECT_TRUE(read_search_domains(path).empty());
}

TEST(Ports, H45_bindings_of_one_port_stay_in_order) {
  const json ports = {{{"privatePort", 6666},
                       {"publicPort", 7777},
                       {"protocol", "tcp"},
                       {"data", {{"fields", {{"bindAddress", "127.0.0.1"}}}}}},
                      {{"privatePort", "6666"},
                       {"publicPort", 8888},
                       {"protocol", "tcp"},
                       {"data", {{"fields", {{"bindAddress", nullptr}}}}}}};
  const json body = body_of({}, {{"ports", ports}});
  EXPECT_EQ(body["ExposedPorts"], json::parse(R"({"6666/tcp":{}})"));
  EXPECT_EQ(body["HostConfig"]["PortBindings"],
            (json{{"6666/tcp", {binding("127.0.0.1", "7777"), binding("", "8888")}}}));
}

TEST(Ports, H46_without_public_port_the_engine_chooses) {
  const json body =
      body_of({}, {{"ports", {{{"privatePort", 53}, {"publicPort", nullptr}, {"protocol", "UDP"}}}}});
  EXPECT_EQ(body["HostConfig"]["PortBindings"], (json{{"53/udp", json::array({binding("", "")})}}));
}

TEST(Ports, H47_a_port_without_private_port_is_skipped) {
  const json body = body_of(
      {},
      {{"ports", {{{"privatePort", 0}, {"publicPort", 1}}, {{"privatePort", nullptr}, {"publicPort", 2}}}}});
  EXPECT_FALSE(body.contains("ExposedPorts"));
  EXPECT_FALSE(body["HostConfig"].contains("PortBindings"));
}

TEST(Ports, H45_numbers_that_are_no_ports_are_refused_by_path_where_they_are_used) {
  const auto error = [](const std::string& kind, std::int64_t inside, std::int64_t outside) -> std::string {
    const json port = {{"privatePort", inside}, {"publicPort", outside}};
    try {
      (void)body_of({}, on_network(kind, {{"ports", {{{"removed", 5}}, port}}}));
    } catch (const RequestError& failure) {
      return failure.what();
    }
    return {};
  };
  const std::string path = "data.instanceHostMap.instance.ports[1].";
  for (const std::int64_t number : {-1, 65536}) {
    EXPECT_EQ(error("dockerBridge", number, 80), path + "privatePort: expected 1 to 65535");
    EXPECT_EQ(error("dockerBridge", 80, number), path + "publicPort: expected 0 to 65535");
    EXPECT_EQ(error("dockerHost", number, number), "");
  }
  EXPECT_EQ(error("dockerBridge", 65535, 65535), "");
}

TEST(Ports, H48_only_bridge_networks_publish_ports) {
  const json ports = {{"ports", {{{"privatePort", 80}, {"publicPort", 80}}}}};
  for (const char* kind : {"dockerHost", "dockerNone", "dockerContainer", "cni"}) {
    const json body = body_of({{"publishAllPorts", true}}, on_network(kind, ports));
    EXPECT_FALSE(body.contains("ExposedPorts")) << kind;
    EXPECT_FALSE(body["HostConfig"].contains("PortBindings")) << kind;
    EXPECT_FALSE(body["HostConfig"].contains("PublishAllPorts")) << kind;
  }
  for (const char* kind : {"dockerBridge", "hostOnlyNetwork", "network", ""}) {
    const json body = body_of({{"publishAllPorts", true}}, on_network(kind, ports));
    EXPECT_TRUE(body.contains("ExposedPorts")) << kind;
    EXPECT_EQ(body["HostConfig"]["PublishAllPorts"], true) << kind;
  }
}

TEST(Ports, ipsec_agents_of_old_servers_get_their_two_ports) {
  json columns = on_network(
      "dockerBridge",
      {{"agentId", 5},
       {"data",
        {{"fields", {{"imageUuid", "docker:x"}}}, {"ipsec", {{"5", {{"isakmp", 1500}, {"nat", 14500}}}}}}}});
  columns["nics"][0]["network"]["networkServices"] = {{{"kind", "dnsService"}},
                                                      {{"kind", "ipsecTunnelService"}}};
  const json expected = {{"500/udp", {binding("0.0.0.0", "1500")}},
                         {"4500/udp", {binding("0.0.0.0", "14500")}}};
  const auto bindings = [](const json& instance) {
    return host_config_of({}, instance).value("PortBindings", json());
  };
  EXPECT_EQ(
      bindings(columns),
      json::parse(
          R"({"500/udp":[{"HostIp":"0.0.0.0","HostPort":"1500"}],"4500/udp":[{"HostIp":"0.0.0.0","HostPort":"14500"}]})"));
  columns["systemContainer"] = "NetworkAgent";
  EXPECT_FALSE(bindings(columns).is_null());
  columns["systemContainer"] = "LoadBalancerAgent";
  EXPECT_TRUE(bindings(columns).is_null());
  columns["systemContainer"] = nullptr;
  columns["agentId"] = nullptr;
  EXPECT_TRUE(bindings(columns).is_null());
  columns["agentId"] = 5;
  columns["nics"][0]["network"]["networkServices"] = nullptr;
  EXPECT_TRUE(bindings(columns).is_null());
}

TEST(Network, H49_each_kind_has_its_mode) {
  const json name = {{"hostname", "h"}};
  const json host = body_of({}, on_network("dockerHost", name));
  EXPECT_EQ(host["HostConfig"]["NetworkMode"], "host");
  EXPECT_FALSE(host.contains("Hostname"));
  EXPECT_FALSE(host.contains("MacAddress"));
  const json none = body_of({}, on_network("dockerNone", name));
  EXPECT_EQ(none["HostConfig"]["NetworkMode"], "none");
  EXPECT_EQ(none["NetworkDisabled"], true);
  EXPECT_EQ(none["Hostname"], "h");
  for (const json& columns : {on_network("dockerBridge", name), on_network("network", name), name}) {
    const json bridge = body_of({}, columns);
    EXPECT_FALSE(bridge["HostConfig"].contains("NetworkMode"));
    EXPECT_FALSE(bridge.contains("NetworkDisabled"));
    EXPECT_EQ(bridge["Hostname"], "h");
  }
}

TEST(Network, H50_another_containers_network_is_shared) {
  const json columns =
      on_network("dockerContainer",
                 {{"hostname", "h"}, {"networkContainer", {{"uuid", "deadbeef-1"}, {"name", "net"}}}});
  const json fields = {
      {"dns", {"1.1.1.1"}}, {"dnsSearch", {"x"}}, {"dnsOpt", {"rotate"}}, {"extraHosts", {"a:1.2.3.4"}}};
  const json unknown = body_of(fields, columns);
  EXPECT_EQ(unknown["HostConfig"], (json{{"CpuShares", 2}, {"NetworkMode", "container:r-net-deadbeef"}}));
  EXPECT_FALSE(unknown.contains("Hostname"));
  EXPECT_FALSE(unknown.contains("MacAddress"));
  SpecFacts facts = debian_engine();
  facts.network_container_id = "abc";
  EXPECT_EQ(host_config_of({}, columns, facts)["NetworkMode"], "container:abc");
}

TEST(Network, H51_the_mac_address_is_the_lowest_nics) {
  const json nics = {{"nics",
                      {{{"deviceNumber", 1}, {"macAddress", "02:00:00:00:00:02"}},
                       {{"deviceNumber", 0}, {"macAddress", kMac}}}}};
  const json body = body_of({}, nics);
  EXPECT_EQ(body["MacAddress"], kMac);
  EXPECT_EQ(body["Labels"]["io.rancher.container.mac_address"], kMac);
  for (const json& empty : {json(""), json(nullptr)}) {
    const json without = body_of({}, {{"nics", {{{"deviceNumber", 0}, {"macAddress", empty}}}}});
    EXPECT_FALSE(without.contains("MacAddress"));
    EXPECT_FALSE(without["Labels"].contains("io.rancher.container.mac_address"));
  }
  for (const char* kind : {"dockerHost", "dockerNone", "dockerContainer", "cni"}) {
    const json only_label = body_of({}, on_network(kind));
    EXPECT_FALSE(only_label.contains("MacAddress")) << kind;
    EXPECT_EQ(only_label["Labels"]["io.rancher.container.mac_address"], kMac) << kind;
  }
}

TEST(Network, H51_asked_in_1_44_the_mac_address_belongs_to_the_endpoint) {
  SpecFacts facts = debian_engine();
  facts.engine_api_version = "1.48";
  EXPECT_EQ(body_of({}, on_network("dockerBridge"), facts)["MacAddress"], kMac);
  facts.used_api_version = "1.44";
  const json body = body_of({}, on_network("dockerBridge"), facts);
  EXPECT_FALSE(body.contains("MacAddress"));
  EXPECT_EQ(body["NetworkingConfig"], (json{{"EndpointsConfig", {{"bridge", {{"MacAddress", kMac}}}}}}));
}

TEST(Network, H52_the_primary_address_is_a_label) {
  const auto label = [](json ip) {
    const json columns = {{"nics", {{{"deviceNumber", 0}, {"ipAddresses", json::array({std::move(ip)})}}}}};
    return body_of({}, columns)["Labels"].value("io.rancher.container.ip", "");
  };
  EXPECT_EQ(label({{"address", "10.1.2.3"}, {"role", "primary"}, {"subnet", {{"cidrSize", 16}}}}),
            "10.1.2.3/16");
  EXPECT_EQ(label({{"address", "10.1.2.3"}, {"role", "secondary"}, {"subnet", {{"cidrSize", 16}}}}), "");
  EXPECT_EQ(label({{"address", ""}, {"role", "primary"}, {"subnet", {{"cidrSize", 16}}}}), "");
  EXPECT_EQ(label({{"address", "10.1.2.3"}, {"role", "primary"}, {"subnet", {{"cidrSize", 0}}}}), "");
  EXPECT_EQ(label({{"address", "10.1.2.3"}, {"role", "primary"}, {"subnet", nullptr}}), "");
  const json second_nic = {{"nics", {{{"deviceNumber", 0}}, on_network("network")["nics"][0]}}};
  EXPECT_FALSE(body_of({}, second_nic)["Labels"].contains("io.rancher.container.ip"));
}

}  // namespace
}  // namespace cattle::handlers
