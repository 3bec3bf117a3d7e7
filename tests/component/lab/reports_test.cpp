// SPDX-License-Identifier: Apache-2.0
// What an agent reports by itself, and what the server makes of it.
#include "lab/core.hpp"
#include "tests/component/lab/lab_test.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace cattle::lab {
namespace {

using nlohmann::json;
using subscriber::encode_error;
using subscriber::encode_reply;
using subscriber::Event;
using tests::PaperAgent;
using namespace std::chrono_literals;

class ReportsTest : public LabTest {
 protected:
  json entry(const std::string& id, const std::string& state) {
    const json row = server_->row("instance", id);
    return {{"type", "instance"},
            {"uuid", row.at("uuid")},
            {"dockerId", row.at("externalId")},
            {"state", state},
            {"image", "x"}};
  }
  static json stranger(const std::string& state) {
    return {{"type", "instance"},
            {"uuid", "by-hand"},
            {"dockerId", std::string(64, 'a')},
            {"state", state},
            {"image", "local/busybox:test"}};
  }
  [[nodiscard]] std::string agent_state() {
    std::string out;
    server_->on_thread([&](Core& core) { out = text(core.store.at("agent", *plain_id(key_.id)), "state"); });
    return out;
  }
};

TEST_F(ReportsTest, E2_pings_come_with_the_servers_mix_of_flags) {
  Options options = quick();
  options.settings.ping_instances_every = 3;
  begin_with_host(options);
  ASSERT_TRUE(agent_->wait_for("ping", 90));
  std::set<std::string> mixes;
  for (const Event& event : agent_->events("ping")) {
    if (event.wants_reply()) mixes.insert(event.data.at("options").dump());
  }
  EXPECT_TRUE(mixes.contains("{}"));
  EXPECT_TRUE(mixes.contains(R"({"instances":true})"));
  EXPECT_TRUE(mixes.contains(R"({"resources":true,"stats":true})"));
  EXPECT_TRUE(mixes.contains(R"({"instances":true,"resources":true})"));
  EXPECT_TRUE(mixes.contains(R"({"instances":true,"resources":true,"stats":true})"));
}

TEST_F(ReportsTest, the_activation_ping_is_sent_again_with_the_same_id) {
  begin();
  agent_->on("ping", [](const Event&) { return std::vector<std::string>{}; });
  agent_->start();
  const auto activation = [&] {
    auto events = agent_->events("ping");
    std::erase_if(events, [](const Event& event) { return !event.context.is_object(); });
    return events;
  };
  ASSERT_TRUE(agent_->wait_for("ping", 20));
  ASSERT_GE(activation().size(), 2U);
  EXPECT_EQ(activation()[0].id, activation()[1].id);
  EXPECT_EQ(activation()[0].timeout, 200ms);
  EXPECT_EQ(activation()[0].context.at("prettyProcess"), "agent.activate");
}

TEST_F(ReportsTest, a_host_is_what_its_pong_says) {
  begin_with_host();
  const json host = server_->rows("host").at(0);
  EXPECT_EQ(host.at("hostname"), "paper");
  EXPECT_EQ(host.at("labels"), (json{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(host.at("agentIpAddress"), "192.0.2.7");
  EXPECT_EQ(host.at("agentState"), "active");
}

TEST_F(ReportsTest, R30_a_pong_without_resource_id_is_ignored) {
  begin();
  agent_->on("ping", [](const Event& event) {
    if (!event.wants_reply()) return std::vector<std::string>{};
    json body = json::parse(encode_reply(event, {{"resources", PaperAgent::host_resources()}}));
    body.erase("resourceId");
    return std::vector{body.dump()};
  });
  agent_->start();
  EXPECT_FALSE(server_->wait_for_host(500ms));
  EXPECT_EQ(agent_state(), "active");
}

TEST_F(ReportsTest, six_misses_reconnect_and_silence_disconnects) {
  Options options = quick();
  options.settings.ping_timeout = 200ms;
  options.settings.activate_ping_timeout = 30ms;
  options.settings.activate_ping_tries = 2;
  options.settings.disconnect_after = 200ms;
  begin(options);
  std::atomic<bool> deaf{true};
  agent_->on("ping", [&](const Event& event) {
    if (deaf || !event.wants_reply()) return std::vector<std::string>{};
    return std::vector{encode_reply(event, {{"resources", PaperAgent::host_resources()}})};
  });
  agent_->start();
  EXPECT_TRUE(server_->wait_for_state("agent", key_.id, "disconnected", kSoon));
  deaf = false;
  server_->cut(key_.id);  // It subscribes again, which makes the server reconnect it.
  EXPECT_TRUE(server_->wait_for_state("agent", key_.id, "active", kSoon));
  EXPECT_TRUE(server_->wait_for_host(kSoon));
}

TEST_F(ReportsTest, a_stop_while_the_agent_is_away_is_skipped) {
  begin_with_host();
  const std::string id = running_container();
  server_->on_thread(
      [&](Core& core) { core.store.at("agent", *plain_id(key_.id))["state"] = "disconnected"; });
  server_->stop_instance(id);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  EXPECT_TRUE(agent_->events("compute.instance.deactivate").empty());
}

TEST_F(ReportsTest, a_start_while_the_agent_is_away_waits_for_it) {
  begin_with_host();
  const std::string id = running_container();
  server_->stop_instance(id);
  ASSERT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  server_->on_thread(
      [&](Core& core) { core.store.at("agent", *plain_id(key_.id))["state"] = "disconnected"; });
  server_->start_instance(id);
  EXPECT_TRUE(server_->wait_for_process("instance.start", id, "waiting", kSoon));
  server_->cut(key_.id);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
}

TEST_F(ReportsTest, E9_a_container_made_by_hand_is_inspected_and_mirrored) {
  begin_with_host();
  agent_->set_instances(json::array({stranger("running")}));
  ask_for_instances();
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 1));
  EXPECT_EQ(agent_->names(), (std::vector<std::string>{"compute.instance.inspect", "storage.volume.activate",
                                                       "compute.instance.activate"}));
  const Event inspect = agent_->events("compute.instance.inspect").front();
  EXPECT_FALSE(inspect.resource_id.has_value());
  EXPECT_EQ(inspect.resource_type, "instanceInspect");
  EXPECT_EQ(inspect.data, (json{{"instanceInspect", {{"id", std::string(64, 'a')}, {"kind", "docker"}}}}));
  EXPECT_EQ(inspect.context.at("prettyProcess"), "containerevent.create");
  const Event activate = agent_->events("compute.instance.activate").front();
  EXPECT_EQ(activate.data.at("processData"), (json{{"containerNoOpEvent", true}}));
  EXPECT_EQ(activate.data.at("instanceHostMap").at("instance").at("name"), "by-hand");
  EXPECT_EQ(activate.data.at("instanceHostMap").at("instance").at("nativeContainer"), true);
  EXPECT_TRUE(server_->wait_for_state("instance", "1i1", "running", kSoon));
}

TEST_F(ReportsTest, E10_an_inspect_that_fails_is_no_obstacle) {
  begin_with_host();
  agent_->on("compute.instance.inspect",
             [](const Event& event) { return std::vector{encode_error(event, "not found")}; });
  agent_->set_instances(json::array({stranger("running")}));
  ask_for_instances();
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 1));
  EXPECT_TRUE(agent_->events("compute.instance.activate")
                  .front()
                  .data.at("instanceHostMap")
                  .at("instance")
                  .at("name")
                  .is_null());
}

TEST_F(ReportsTest, foreign_containers_are_left_alone_when_the_setting_says_so) {
  Options options = quick();
  options.settings.manage_foreign_containers = false;
  begin_with_host(options);
  agent_->set_instances(json::array({stranger("running")}));
  ask_for_instances();
  EXPECT_FALSE(agent_->wait_for("compute.instance.inspect", 1, 500ms));
}

TEST_F(ReportsTest, a_container_that_exits_is_stopped_without_an_event) {
  begin_with_host();
  const std::string id = running_container();
  agent_->set_instances(json::array({entry(id, "stopped")}));
  ask_for_instances();
  EXPECT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  EXPECT_TRUE(agent_->events("compute.instance.deactivate").empty());
  agent_->set_instances(json::array({entry(id, "running")}));
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  EXPECT_EQ(agent_->events("compute.instance.activate").back().data.at("processData"),
            (json{{"containerNoOpEvent", true}}));
}

TEST_F(ReportsTest, a_list_without_a_container_removes_it) {
  begin_with_host();
  const std::string id = running_container();
  ask_for_instances();
  EXPECT_TRUE(server_->wait_for_state("instance", id, "removed", kSoon))
      << "the list of the paper agent is empty";
  ASSERT_TRUE(agent_->wait_for("storage.volume.remove", 1));
  EXPECT_TRUE(agent_->events("compute.instance.deactivate").empty());
}

TEST_F(ReportsTest, R14_a_removed_container_that_runs_is_stopped_by_force) {
  begin_with_host();
  const std::string id = running_container();
  const json running = entry(id, "running");
  agent_->set_instances(json::array({running}));
  ask_for_instances();
  server_->remove_instance(id);
  ASSERT_TRUE(agent_->wait_for("compute.instance.force.stop", 1));
  const Event event = agent_->events("compute.instance.force.stop").front();
  EXPECT_EQ(event.reply_to, "compute.instance.force.stop.reply");
  EXPECT_FALSE(event.wants_reply());
  EXPECT_EQ(event.data.at("instanceForceStop").at("id"), running.at("dockerId"));
}

TEST_F(ReportsTest, container_events_start_stop_and_destroy) {
  begin_with_host();
  const auto post = [&](const std::string& status, const json& more = json::object()) {
    json body{{"externalStatus", status},
              {"externalId", std::string(64, 'b')},
              {"externalFrom", "local/busybox:test"},
              {"externalTimestamp", 1},
              {"reportedHostUuid", PaperAgent::host_resources().at(0).at("uuid")}};
    body.update(more);
    return request("POST", "/v1/containerevents", key_.key, body.dump()).status;
  };
  agent_->on("ping", [](const Event&) { return std::vector<std::string>{}; });
  EXPECT_EQ(post("start", {{"dockerInspect", {{"Name", "/told"}, {"Config", {{"Labels", json::object()}}}}}}),
            201);
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 1));
  EXPECT_TRUE(agent_->events("compute.instance.inspect").empty());
  ASSERT_TRUE(server_->wait_for_state("instance", "1i1", "running", kSoon));
  EXPECT_EQ(server_->row("instance", "1i1").at("name"), "told");
  EXPECT_EQ(post("kill"), 201);
  EXPECT_EQ(post("die"), 201);
  EXPECT_TRUE(server_->wait_for_state("instance", "1i1", "stopped", kSoon));
  EXPECT_EQ(post("destroy"), 201);
  EXPECT_TRUE(server_->wait_for_state("instance", "1i1", "removed", kSoon));
  EXPECT_EQ(post("start", {{"reportedHostUuid", "unknown"}}), 422);
}

TEST_F(ReportsTest, E14_config_items_are_asked_for_until_each_is_acknowledged) {
  begin();
  agent_->start();
  ASSERT_TRUE(agent_->wait_for("config.update", 3));
  const Event event = agent_->events("config.update").front();
  ASSERT_EQ(event.data.at("items").size(), 3U);
  EXPECT_EQ(event.data.at("items").at(0).at("name"), "configscripts");
  EXPECT_EQ(event.timeout, 100ms);
  for (const char* item : {"configscripts", "host-config", "pyagent"}) {
    EXPECT_EQ(request("PUT", std::string("/v1/configcontent/") + item + "?version=latest", key_.key).status,
              200);
  }
  EXPECT_EQ(request("PUT", "/v1/configcontent/haproxy?version=latest", key_.key).status, 404);
  EXPECT_TRUE(
      server_->wait_until([&](Core& core) { return core.config.in_sync(*plain_id(key_.id)); }, kSoon));
  const std::size_t before = agent_->events("config.update").size();
  EXPECT_FALSE(agent_->wait_for("config.update", before + 2, 300ms));
  server_->on_thread([](Core& core) { core.config.bump("host-config"); });
  ASSERT_TRUE(agent_->wait_for("config.update", before + 1));
  EXPECT_EQ(agent_->events("config.update").back().data.at("items").size(), 1U);
}

TEST_F(ReportsTest, config_update_is_sent_three_times_with_one_id) {
  begin();
  agent_->on("config.update", [](const Event&) { return std::vector<std::string>{}; });
  agent_->start();
  ASSERT_TRUE(agent_->wait_for("config.update", 7));
  std::map<std::string, int> sends;
  for (const Event& event : agent_->events("config.update")) ++sends[event.id];
  EXPECT_GE(sends.size(), 2U);
  const bool three =
      std::any_of(sends.begin(), sends.end(), [](const auto& entry) { return entry.second == 3; });
  EXPECT_TRUE(three);
  EXPECT_TRUE(std::all_of(sends.begin(), sends.end(), [](const auto& entry) { return entry.second <= 3; }));
}

}  // namespace
}  // namespace cattle::lab
