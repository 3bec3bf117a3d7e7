// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/handlers/spec_on_engine.hpp"

namespace cattle::handlers {
namespace {

using testing::json;
using testing::on_network;
using testing::SpecOnEngine;

TEST_F(SpecOnEngine, H45_H46_ports) {
  const json ports = {{{"privatePort", 6666},
                       {"publicPort", 7777},
                       {"protocol", "tcp"},
                       {"data", {{"fields", {{"bindAddress", "127.0.0.1"}}}}}},
                      {{"privatePort", 6666}, {"publicPort", 8888}, {"protocol", "tcp"}},
                      {{"privatePort", 53}, {"publicPort", nullptr}, {"protocol", "udp"}}};
  const auto binding = [](const char* address, const char* port) {
    return json{{"HostIp", address}, {"HostPort", port}};
  };
  const json made =
      inspect_created({{"publishAllPorts", true}}, on_network("dockerBridge", {{"ports", ports}}));
  expect(made, {{"/Config/ExposedPorts", json::parse(R"({"6666/tcp":{},"53/udp":{}})")},
                {"/HostConfig/PortBindings/6666~1tcp", {binding("127.0.0.1", "7777"), binding("", "8888")}},
                {"/HostConfig/PortBindings/53~1udp", json::array({binding("", "")})},
                {"/HostConfig/PublishAllPorts", true}});
}

TEST_F(SpecOnEngine, H48_H49_H51_network_kinds) {
  const json ports = {{"hostname", "h"}, {"ports", {{{"privatePort", 80}, {"publicPort", 80}}}}};
  json columns = on_network("dockerHost", ports);
  expect(inspect_created({}, columns),
         {{"/HostConfig/NetworkMode", "host"}, {"/HostConfig/PortBindings", nullptr}});
  columns = on_network("dockerNone", ports);
  columns["name"] = "none";
  expect(inspect_created({}, columns),
         {{"/HostConfig/NetworkMode", "none"}, {"/Config/NetworkDisabled", true}, {"/Config/Hostname", "h"}});
  columns = on_network("cni", ports);
  columns["name"] = "cni";
  expect(inspect_created({{"dns", {"169.254.169.250"}}}, columns),
         {{"/HostConfig/NetworkMode", "none"}, {"/HostConfig/Dns/0", "169.254.169.250"}});
}

TEST_F(SpecOnEngine, H49_H51_a_bridge_container_starts_with_its_mac_address) {
  const std::string id = create(spec_of({{"command", {"sleep", "60"}}}, on_network("dockerBridge")));
  (void)client_->start_container(id, call_);
  const json made = inspect(id);
  EXPECT_EQ(made.at("State").at("Running"), true);
  EXPECT_EQ(made.at("NetworkSettings").at("Networks").at("bridge").at("MacAddress"), "02:00:00:00:00:01");
}

TEST_F(SpecOnEngine, H50_H64_another_containers_network_and_volumes) {
  const std::string other =
      create(spec_of({{"command", {"sleep", "60"}}, {"dataVolumes", {"/shared"}}}, {{"name", "other"}}));
  (void)client_->start_container(other, call_);
  facts_.network_container_id = other;
  facts_.volumes_from_ids = {other};
  const json columns =
      on_network("dockerContainer", {{"hostname", "h"}, {"networkContainer", {{"uuid", "x"}}}});
  const json fields = {{"command", {"sleep", "60"}},
                       {"dns", {"1.1.1.1"}},
                       {"dnsSearch", {"x"}},
                       {"dnsOpt", {"rotate"}},
                       {"extraHosts", {"a:1.2.3.4"}}};
  const std::string id = create(spec_of(fields, columns));
  (void)client_->start_container(id, call_);
  const json made = inspect(id);
  expect(made, {{"/HostConfig/NetworkMode", "container:" + other},
                {"/HostConfig/VolumesFrom", json::array({other})},
                {"/State/Running", true}});
  EXPECT_EQ(made.at("Mounts").at(0).at("Destination"), "/shared");
}

TEST_F(SpecOnEngine, H62_H63_mounts) {
  facts_.docker_root_dir = "/tmp";
  const json made = inspect_created({{"dataVolumes",
                                      {"/random", "/proc:/host/proc", "/sys:/host/sys:ro", "/tmp:/s:Z",
                                       "/var/lib/docker:/var/lib/docker"}}});
  expect(
      made,
      {{"/HostConfig/Binds",
        {"/proc:/host/proc:rw", "/sys:/host/sys:ro", "/tmp:/s:Z", "/tmp:/var/lib/docker:rw", "/tmp:/tmp:rw"}},
       {"/Config/Volumes/~1random", json::object()}});
  EXPECT_EQ(made.at("Mounts").size(), 6U);
}

TEST_F(SpecOnEngine, H53_H54_a_cni_container_is_made_with_the_program_that_waits) {
  const ContainerSpec spec = spec_of({}, on_network("cni"));
  ASSERT_TRUE(spec.wants_cni_wait);
  ASSERT_TRUE(cni_wrap_needs_image(spec.body));
  const auto image = client_->inspect_image(engine().image, call_);
  ASSERT_TRUE(image);
  ContainerSpec wrapped = spec;
  wrapped.body = wrap_cni_entrypoint(wrap_cni_entrypoint(spec.body, image), image);
  json entrypoint = json::array({"/.r/r"});
  for (const std::string& word : image->entrypoint) entrypoint.push_back(word);
  expect(inspect(create(wrapped)), {{"/Config/Entrypoint", entrypoint},
                                    {"/Config/Cmd", json(image->cmd)},
                                    {"/HostConfig/Binds", json::array({"rancher-cni:/.r:ro"})}});
}

}  // namespace
}  // namespace cattle::handlers
