// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

namespace cattle::handlers {
namespace {

using testing::json;
using testing::on_network;
using testing::spec_of;

docker::Image image(std::vector<std::string> entrypoint, std::vector<std::string> command) {
  docker::Image made;
  made.entrypoint = std::move(entrypoint);
  made.cmd = std::move(command);
  return made;
}

TEST(Cni, H53_labels_say_that_it_waits_and_for_which_network) {
  const ContainerSpec spec = spec_of({}, on_network("cni"));
  EXPECT_TRUE(spec.wants_cni_wait);
  EXPECT_EQ(spec.body["Labels"]["io.rancher.cni.wait"], "true");
  EXPECT_EQ(spec.body["Labels"]["io.rancher.cni.network"], "ipsec");
  EXPECT_EQ(spec.body["HostConfig"]["NetworkMode"], "none");
  EXPECT_FALSE(spec.body.contains("NetworkDisabled"));
}

TEST(Cni, H53_the_users_labels_win) {
  const json labels = {{"io.rancher.cni.wait", "false"}, {"io.rancher.cni.network", "mine"}};
  const ContainerSpec spec = spec_of({{"labels", labels}}, on_network("cni"));
  EXPECT_FALSE(spec.wants_cni_wait);
  EXPECT_EQ(spec.body["Labels"]["io.rancher.cni.network"], "mine");
  EXPECT_FALSE(spec_of({}, on_network("dockerBridge")).wants_cni_wait);
}

TEST(Cni, H53_cni_entrypoint_is_wrapped_once) {
  const json body =
      spec_of({{"entryPoint", {"/s"}}, {"command", {"x"}}, {"dataVolumes", {"other:/.r", "/a:/b"}}},
              on_network("cni"))
          .body;
  EXPECT_FALSE(cni_wrap_needs_image(body));
  const json once = wrap_cni_entrypoint(body, std::nullopt);
  EXPECT_EQ(once["Entrypoint"], (json{"/.r/r", "/s"}));
  EXPECT_EQ(once["Cmd"], (json{"x"}));
  EXPECT_EQ(once["HostConfig"]["Binds"], (json{"/a:/b:rw", "rancher-cni:/.r:ro"}));
  EXPECT_EQ(wrap_cni_entrypoint(once, std::nullopt), once);
}

TEST(Cni, H54_entrypoint_and_command_come_from_the_image) {
  const json body = spec_of({}, on_network("cni")).body;
  EXPECT_TRUE(cni_wrap_needs_image(body));
  const json wrapped = wrap_cni_entrypoint(body, image({"/docker-entrypoint.sh"}, {"nginx", "-g"}));
  EXPECT_EQ(wrapped["Entrypoint"], (json{"/.r/r", "/docker-entrypoint.sh"}));
  EXPECT_EQ(wrapped["Cmd"], (json{"nginx", "-g"}));
  EXPECT_EQ(wrap_cni_entrypoint(wrapped, image({"/docker-entrypoint.sh"}, {"nginx", "-g"})), wrapped);
}

TEST(Cni, H54_what_the_event_says_goes_before_the_image) {
  const json command = spec_of({{"command", {"mine"}}}, on_network("cni")).body;
  EXPECT_EQ(wrap_cni_entrypoint(command, image({"/e"}, {"theirs"}))["Cmd"], (json{"mine"}));
  const json cleared = spec_of({{"entryPoint", json::array()}}, on_network("cni")).body;
  EXPECT_TRUE(cni_wrap_needs_image(cleared));
  const json wrapped = wrap_cni_entrypoint(cleared, image({"/e"}, {"c"}));
  EXPECT_EQ(wrapped["Entrypoint"], (json{"/.r/r"}));
  EXPECT_EQ(wrapped["Cmd"], (json{"c"}));
}

TEST(Cni, H54_with_nothing_to_run_the_body_stays_as_it_is) {
  const json body = spec_of({}, on_network("cni")).body;
  EXPECT_EQ(wrap_cni_entrypoint(body, image({}, {})), body);
}

TEST(Cni, H55_an_entrypoint_that_waits_already_is_not_wrapped_again) {
  const json body = spec_of({{"entryPoint", {"/.r/r", "/s"}}}, on_network("cni")).body;
  EXPECT_EQ(wrap_cni_entrypoint(body, std::nullopt)["Entrypoint"], (json{"/.r/r", "/s"}));
}

TEST(Cni, the_minimal_container_of_the_reference) {
  const json columns = {
      {"nics",
       {{{"deviceNumber", 0},
         {"macAddress", "02:11:22:33:44:55"},
         {"network", {{"kind", "cni"}, {"name", "ipsec"}}},
         {"ipAddresses",
          {{{"address", "10.42.1.2"}, {"role", "primary"}, {"subnet", {{"cidrSize", 16}}}}}}}}}};
  SpecFacts facts = testing::debian_engine();
  facts.host_search_domains = {"lan"};
  const ContainerSpec spec = spec_of(
      {{"imageUuid", "docker:nginx"}, {"dns", {"169.254.169.250"}}, {"dnsSearch", {"rancher.internal"}}},
      columns, facts);
  EXPECT_EQ(spec.name, "r-web-1-c861f990");
  EXPECT_EQ(wrap_cni_entrypoint(spec.body, image({"/e"}, {"nginx"})), json::parse(R"({
    "Image": "nginx", "Entrypoint": ["/.r/r", "/e"], "Cmd": ["nginx"],
    "Labels": {"io.rancher.container.uuid": "c861f990-4472-4fa1-960f-65171b544c28", "io.rancher.container.name": "web-1",
               "io.rancher.container.mac_address": "02:11:22:33:44:55", "io.rancher.container.ip": "10.42.1.2/16",
               "io.rancher.cni.wait": "true", "io.rancher.cni.network": "ipsec"},
    "HostConfig": {"NetworkMode": "none", "Dns": ["169.254.169.250"], "DnsSearch": ["rancher.internal", "lan"],
                   "Binds": ["rancher-cni:/.r:ro"], "CpuShares": 2}})"));
}

}  // namespace
}  // namespace cattle::handlers
