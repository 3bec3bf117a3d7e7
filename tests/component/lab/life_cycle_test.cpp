// SPDX-License-Identifier: Apache-2.0
#include "lab/core.hpp"
#include "lab/instances.hpp"
#include "tests/component/lab/lab_test.hpp"

#include <algorithm>

namespace cattle::lab {
namespace {

using nlohmann::json;
using subscriber::encode_reply;
using subscriber::Event;
using tests::PaperAgent;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

class LifeCycleTest : public LabTest {};

TEST_F(LifeCycleTest, E11_events_come_in_the_captured_order) {
  begin_with_host();
  const std::string id = running_container();
  const Names start{"storage.image.activate", "storage.volume.activate", "compute.instance.activate"};
  EXPECT_EQ(agent_->names(), start);
  server_->stop_instance(id);
  ASSERT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  server_->restart_instance(id);
  ASSERT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  server_->restart_instance(id);
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 3));
  ASSERT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  Names all = agent_->names();
  all.erase(all.begin(), all.begin() + 3);
  EXPECT_EQ(all,
            (Names{"compute.instance.deactivate", "storage.volume.activate", "compute.instance.activate",
                   "compute.instance.deactivate", "storage.volume.activate", "compute.instance.activate"}));
}

TEST_F(LifeCycleTest, E1_a_container_is_removed_by_its_root_volume_alone) {
  begin_with_host();
  const std::string id = running_container();
  server_->remove_instance(id);
  ASSERT_TRUE(agent_->wait_for("storage.volume.remove", 1));
  ASSERT_TRUE(server_->wait_for_idle(kSoon));
  const Event event = agent_->events("storage.volume.remove").front();
  const json& volume = event.data.at("volumeStoragePoolMap").at("volume");
  EXPECT_EQ(volume.at("deviceNumber"), 0);
  EXPECT_FALSE(volume.at("removed").is_null());
  EXPECT_FALSE(volume.at("instance").at("removed").is_null());
  EXPECT_EQ(volume.at("instance").at("state"), "removed");
  EXPECT_EQ(volume.at("instance").at("externalId").get<std::string>().size(), 64U);
  EXPECT_TRUE(agent_->events("compute.instance.remove").empty());
  EXPECT_EQ(agent_->events("compute.instance.deactivate").size(), 1U);
}

TEST_F(LifeCycleTest, E7_E8_events_carry_context_and_time) {
  begin_with_host();
  running_container();
  const Event activate = agent_->events("compute.instance.activate").front();
  EXPECT_EQ(activate.context.at("prettyProcess"), "instance.start->instancehostmap.activate");
  EXPECT_EQ(activate.context.at("prettyResource"), "instance:1->instanceHostMap:1");
  EXPECT_EQ(activate.context.at("topProcessName"), "instance.start");
  EXPECT_EQ(activate.context.at("logicPath"),
            "instance.start->(InstanceStart)->instancehostmap.activate->(InstanceHostMapActivate)");
  EXPECT_EQ(activate.timeout, 20s);
  EXPECT_EQ(activate.resource_id, "1ihm1");
  EXPECT_EQ(agent_->events("storage.image.activate").front().context.at("prettyProcess"),
            "instance.start->imagestoragepoolmap.activate");
}

TEST_F(LifeCycleTest, an_activation_has_every_part_that_the_captures_have) {
  begin_with_host();
  const std::string target = running_container();
  server_->add_credential("registry.example:5000", "puller", "word");
  const std::string id = server_->create_instance({{"name", "full"},
                                                   {"image", "registry.example:5000/team/app:1"},
                                                   {"ports", {"8080:80/tcp", "81/udp"}},
                                                   {"links", {{"db", target}}},
                                                   {"labels", {{"a", "b"}}}});
  ASSERT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  const json map = agent_->events("compute.instance.activate").back().data.at("instanceHostMap");
  EXPECT_EQ(map.at("host").at("data").at("fields").at("hostname"), "paper");
  const json& instance = map.at("instance");
  EXPECT_EQ(instance.at("ports").size(), 2U);
  EXPECT_EQ(instance.at("nics").at(0).at("network").at("kind"), "dockerBridge");
  EXPECT_EQ(instance.at("volumes").at(0).at("deviceNumber"), 0);
  EXPECT_EQ(instance.at("instanceLinks").at(0).at("targetInstance").at("name"), "c");
  EXPECT_EQ(instance.at("image").at("data").at("dockerImage"),
            (json{{"fullName", "team/app:1"}, {"server", "registry.example:5000"}}));
  EXPECT_EQ(instance.at("image").at("registryCredential").at("publicValue"), "puller");
  EXPECT_EQ(instance.at("image")
                .at("registryCredential")
                .at("registry")
                .at("data")
                .at("fields")
                .at("serverAddress"),
            "registry.example:5000");
}

TEST_F(LifeCycleTest, E15_the_fork_asks_for_ports_before_it_makes_the_container) {
  begin_with_host(quick(Flavour::pasturestack));
  const std::string id =
      server_->create_instance({{"name", "c"}, {"image", "x"}, {"ports", {"8080:80/tcp"}}});
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  const Event asked = agent_->events("host.port.check").front();
  EXPECT_EQ(asked.data.at("ports"),
            json::array({{{"bindAddress", "0.0.0.0"}, {"publicPort", 8080}, {"protocol", "tcp"}}}));
  EXPECT_EQ(asked.timeout, 1'500ms);
  EXPECT_EQ(asked.resource_type, "host");
  agent_->on("host.port.check", [](const Event& event) {
    const json conflict{
        {"source", "hostProcess"},  {"containerId", ""},  {"containerName", ""}, {"state", ""},
        {"bindAddress", "0.0.0.0"}, {"publicPort", 8081}, {"protocol", "tcp"}};
    return std::vector{encode_reply(
        event, {{"supported", true}, {"hostSocketProbeSupported", true}, {"conflicts", {conflict}}})};
  });
  EXPECT_THROW(server_->create_instance({{"name", "d"}, {"image", "x"}, {"ports", {"8081:80/tcp"}}}),
               OperationError);
}

TEST_F(LifeCycleTest, named_volumes_come_and_go_by_their_own_events) {
  begin_with_host();
  const std::string volume =
      server_->create_volume({{"name", "data"}, {"driver", "local"}, {"driverOpts", {{"o", "1"}}}});
  ASSERT_TRUE(server_->wait_for_state("volume", volume, "active", kSoon));
  const json seen =
      agent_->events("storage.volume.activate").front().data.at("volumeStoragePoolMap").at("volume");
  EXPECT_EQ(seen.at("deviceNumber"), -1);
  EXPECT_EQ(seen.at("name"), "data");
  EXPECT_EQ(seen.at("data").at("fields").at("driverOpts"), (json{{"o", "1"}}));
  const std::string id =
      server_->create_instance({{"name", "c"}, {"image", "x"}, {"dataVolumes", {"data:/v"}}});
  ASSERT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  const json instance =
      agent_->events("compute.instance.activate").front().data.at("instanceHostMap").at("instance");
  EXPECT_EQ(instance.at("volumesFromDataVolumeMounts").at(0).at("name"), "data");
  server_->remove_volume(volume);
  ASSERT_TRUE(agent_->wait_for("storage.volume.remove", 1));
  EXPECT_EQ(
      agent_->events("storage.volume.remove").front().data.at("volumeStoragePoolMap").at("volume").at("name"),
      "data");
  EXPECT_THROW(server_->create_volume({{"driver", "local"}}), OperationError);
}

TEST_F(LifeCycleTest, without_a_host_a_container_is_in_error) {
  begin();
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  EXPECT_EQ(server_->row("instance", id).at("state"), "error");
}

TEST_F(LifeCycleTest, fifty_at_once_all_run) {
  begin_with_host();
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i)
    ids.push_back(server_->create_instance({{"name", "c" + std::to_string(i)}, {"image", "x"}}));
  for (const auto& id : ids) EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  for (const auto& id : ids) server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
  EXPECT_EQ(agent_->events("storage.volume.remove").size(), 50U);
}

}  // namespace
}  // namespace cattle::lab
