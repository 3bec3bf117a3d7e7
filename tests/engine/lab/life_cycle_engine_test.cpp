// SPDX-License-Identifier: Apache-2.0
#include "lab/local_port.hpp"
#include "tests/engine/lab/lab_engine_test.hpp"

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class LifeCycleOnEngine : public LabEngineTest, public ::testing::WithParamInterface<Flavour> {
 protected:
  static Options flavoured() {
    Options out;
    out.flavour = GetParam();
    return out;
  }
};

TEST_P(LifeCycleOnEngine, E11_a_container_lives_in_the_captured_order) {
  begin(flavoured());
  const std::string volume = server_->create_volume({{"name", "lab-volume"}});
  ASSERT_TRUE(server_->wait_for_state("volume", volume, "active", kSoon));
  EXPECT_TRUE(docker_->inspect_volume("lab-volume", {}).has_value());
  const std::string id = running("life", {{"networkMode", "bridge"},
                                          {"ports", {"80/tcp", "81/udp"}},
                                          {"labels", {{"team", "x"}}},
                                          {"environment", {{"A", "1"}}},
                                          {"dataVolumes", {"lab-volume:/v"}}});
  EXPECT_EQ(state_of(id), "running");
  const json inspected = docker_->inspect_container(server_->row("instance", id).at("externalId"), {})->raw;
  EXPECT_EQ(inspected.at("Config").at("Labels").at("team"), "x");
  EXPECT_EQ(inspected.at("Mounts").at(0).at("Name"), "lab-volume");
  EXPECT_EQ(server_->row("instance", id).at("primaryIpAddress"),
            inspected.at("NetworkSettings").at("IPAddress"));
  server_->stop_instance(id, 3);
  ASSERT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  EXPECT_EQ(state_of(id), "exited");
  server_->start_instance(id);
  ASSERT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  server_->restart_instance(id);
  ASSERT_TRUE(server_->wait_until([](Core& core) { return core.processes.all().size() >= 6; }, kSoon));
  ASSERT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  remove_and_check(id);
  EXPECT_EQ(state_of(id), "absent");
  server_->remove_volume(volume);
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
  EXPECT_FALSE(docker_->inspect_volume("lab-volume", {}).has_value());
  for (const auto& process : server_->processes()) EXPECT_EQ(process.at("attempts"), 1) << process.dump();
}

TEST_P(LifeCycleOnEngine, E3_published_ports_reach_running) {
  begin(flavoured());
  const int port = free_port();
  const std::string spec = std::to_string(port) + ":80/tcp";
  const json command{"sh", "-c", "trap 'exit 0' TERM; httpd -f -p 80 -h /tmp & wait"};
  const std::string id =
      running("ports", {{"networkMode", "bridge"}, {"ports", {spec}}, {"command", command}});
  EXPECT_EQ(server_->row("instance", id).at("ports"), json::array({spec}));
  EXPECT_TRUE(accepts(port));
  EXPECT_EQ(state_of(id), "running");
  for (const auto& process : server_->processes()) EXPECT_EQ(process.at("attempts"), 1) << process.dump();
  remove_and_check(id);
}

INSTANTIATE_TEST_SUITE_P(Servers, LifeCycleOnEngine,
                         ::testing::Values(Flavour::cattle, Flavour::pasturestack), [](const auto& flavour) {
                           return flavour.param == Flavour::cattle ? "cattle" : "pasturestack";
                         });

class LabOnEngine : public LabEngineTest {};

TEST_F(LabOnEngine, fifty_containers_at_once) {
  begin();
  const pid_t pid = agent_->pid();
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(create("many-" + std::to_string(i)));
  for (const auto& id : ids)
    EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon))
        << server_->row("instance", id).dump();
  EXPECT_EQ(ours().size(), 50U);
  for (const auto& id : ids) server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
  EXPECT_TRUE(ours().empty());
  EXPECT_TRUE(agent_->running());
  EXPECT_EQ(agent_->pid(), pid);
}

TEST_F(LabOnEngine, a_private_registry_wants_its_password) {
  begin();
  const std::string refused = create("no-password", {{"image", engine().registry_image}});
  ASSERT_TRUE(server_->wait_for_state("instance", refused, "error", kSoon));
  const std::string message = server_->row("instance", refused).at("transitioningMessage");
  EXPECT_NE(message.find(engine().registry_image.substr(0, engine().registry_image.rfind(':'))),
            std::string::npos)
      << message;
  server_->add_credential(engine().registry, engine().registry_user, engine().registry_password);
  const std::string id = running("password", {{"image", engine().registry_image}});
  EXPECT_EQ(state_of(id), "running");
  remove_and_check(id);
  remove_and_check(refused);
  static_cast<void>(docker_->remove_image(engine().registry_image, true, false, {}));
}

TEST_F(LabOnEngine, E9_a_container_started_by_hand_is_seen_and_left_alone) {
  begin();
  ask_for_instances();
  const auto made = docker_->create_container(
      "by-hand-lab",
      {{"Image", engine().image}, {"Cmd", {"sleep", "600"}}, {"HostConfig", {{"NetworkMode", "none"}}}}, {});
  static_cast<void>(docker_->start_container(made.id, {}));
  const bool seen = server_->wait_until(
      [&](Core& core) {
        const Row* row = core.store.first("instance", "externalId", made.id);
        return row != nullptr && row->at("state") == "running" && row->at("nativeContainer") == true;
      },
      kSoon);
  EXPECT_TRUE(seen);
  EXPECT_EQ(docker_->inspect_container(made.id, {})->raw.at("State").at("Running"), true);
  static_cast<void>(docker_->remove_container(made.id, {true, true}, {}));
  // The list of the next ping says that it is gone.
  EXPECT_TRUE(server_->wait_until(
      [&](Core& core) { return removed(*core.store.first("instance", "externalId", made.id)); }, kSoon));
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
}

TEST_F(LabOnEngine, E19_an_exit_is_seen) {
  begin();
  ask_for_instances();
  const std::string id = create("exits", {{"command", {"sh", "-c", "sleep 1"}}});
  EXPECT_TRUE(server_->wait_until(
      [&](Core& core) { return core.store.at("instance", *plain_id(id)).at("startCount") == 1; }, kSoon));
  EXPECT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  remove_and_check(id);
}

TEST_F(LabOnEngine, SIGTERM_ends_it_with_0) {
  begin();
  agent_->signal(SIGTERM);
  EXPECT_EQ(agent_->wait(20s), 0);
  EXPECT_TRUE(server_->wait_until(
      [this](Core& core) {
        return core.bus.count(core.store.at("agent", *plain_id(key_.id)).at("accountId")) == 0;
      },
      kSoon));
}

}  // namespace
}  // namespace cattle::lab
