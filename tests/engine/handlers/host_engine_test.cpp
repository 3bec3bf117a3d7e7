// SPDX-License-Identifier: Apache-2.0
// Volumes, pings, port checks and delegated events where the engine's own answer is what matters.
#include "docker-client/client.hpp"
#include "docker-client/error.hpp"
#include "handlers/host/delegate_request.hpp"
#include "handlers/host/ping.hpp"
#include "handlers/host/port_check.hpp"
#include "handlers/storage/volume_activate.hpp"
#include "handlers/storage/volume_preparation.hpp"
#include "tests/engine/handlers/rig_on_engine.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace cattle::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::HandlerRig;

const json kReply = {{"volumeStoragePoolMap", {{"volume", {{"format", "docker"}}}}}};

json volume_map(const json& volume) {
  return {{"volumeStoragePoolMap", {{"volume", volume}}}};
}
json managed(const std::string& name, const json& device = -1) {
  return volume_map(
      {{"name", name}, {"deviceNumber", device}, {"data", {{"fields", {{"driver", "local"}}}}}});
}

class HostOnEngine : public RigOnEngine {
 protected:
  [[nodiscard]] handlers::HostOptions host() const override {
    handlers::HostOptions options;
    options.docker_uuid = "host-1";
    options.physical_host_uuid = "physical-1";
    options.hostname = "vm";
    options.host_ip = "127.0.0.1";
    options.host_key_file = keys_.path() + "/host.key";
    return options;
  }
  void SetUp() override {
    RigOnEngine::SetUp();
    tag_ = "hoe" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  }
  void TearDown() override {
    if (!rig_) return;
    for (const auto& id : made_) (void)docker().remove_container(id, {.force = true, .volumes = true}, {});
    (void)docker().remove_volume(tag_, {});
  }
  std::string create(const std::string& name, json body, bool start = true) {
    body["Image"] = engine().image;
    if (!body.contains("Cmd")) body["Cmd"] = {"sleep", "600"};
    auto id = docker().create_container(tag_ + name, body, {}).id;
    made_.push_back(id);
    if (start) (void)docker().start_container(id, {});
    return id;
  }
  json check(int port) const {
    auto event = HandlerRig::event(
        "host.port.check",
        {{"ports", {{{"bindAddress", "0.0.0.0"}, {"publicPort", port}, {"protocol", "tcp"}}}}}, 1500ms);
    support::Attempt run;
    return rig_->handle(event, run).value();
  }
  std::map<std::string, json> instances() const {
    auto event = HandlerRig::event("ping", {{"options", {{"instances", true}}}}, 15s);
    support::Attempt run;
    const auto answer = rig_->handle(event, run).value();
    std::map<std::string, json> by_id;
    for (const auto& resource : answer.at("resources")) {
      if (resource.at("type") == "instance") by_id[resource.at("dockerId").get<std::string>()] = resource;
    }
    return by_id;
  }

  support::TempDir keys_;
  std::string tag_;
  std::vector<std::string> made_;
};

TEST_F(HostOnEngine, E1_H097_root_volume_removal_removes_the_running_container) {
  const auto id = create("web", {{"Labels", {{"io.rancher.container.uuid", tag_}}}});
  const auto root = volume_map(
      {{"deviceNumber", 0}, {"instance", {{"uuid", tag_}, {"externalId", id}, {"state", "removed"}}}});
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(rig_->reply("storage.volume.remove", root), kReply);
    EXPECT_EQ(docker().inspect_container(id, {}), std::nullopt);
  }
}

TEST_F(HostOnEngine, H095_H098_E12_volumes_come_and_go_and_repeats_do_no_harm) {
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(rig_->reply("storage.volume.activate", managed(tag_)), kReply);
    EXPECT_TRUE(docker().inspect_volume(tag_, {}).has_value());
  }
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(rig_->reply("storage.volume.remove", managed(tag_, nullptr)), kReply);
    EXPECT_FALSE(docker().inspect_volume(tag_, {}).has_value());
  }
}

TEST_F(HostOnEngine, H098_a_volume_in_use_stays_and_the_server_is_told_success) {
  EXPECT_EQ(rig_->reply("storage.volume.activate", managed(tag_)), kReply);
  create("user", {{"HostConfig", {{"Binds", {tag_ + ":/data"}}}}});
  support::Attempt run;
  EXPECT_EQ(rig_->handle(HandlerRig::event("storage.volume.remove", managed(tag_)), run).value(), kReply);
  EXPECT_TRUE(docker().inspect_volume(tag_, {}).has_value());
  EXPECT_EQ(run.log.warnings, 1);
}

TEST_F(HostOnEngine, H095_an_unknown_driver_is_told_by_name) {
  const auto text = rig_->error(
      "storage.volume.activate",
      volume_map(
          {{"name", tag_}, {"deviceNumber", -1}, {"data", {{"fields", {{"driver", "no-such-driver"}}}}}}));
  EXPECT_NE(text.find("no-such-driver"), std::string::npos) << text;
}

TEST_F(HostOnEngine, H105_R38_R39_states_of_real_containers) {
  const auto running = create("running", json::object());
  const auto paused = create("paused", json::object());
  const auto created = create("created", json::object(), false);
  const auto exited = create("exited", {{"Cmd", {"true"}}});
  const auto looping =
      create("looping", {{"Cmd", {"false"}}, {"HostConfig", {{"RestartPolicy", {{"Name", "always"}}}}}});
  http::ClientOptions direct;
  direct.base_url = "http://localhost";
  direct.unix_socket = engine().docker_host.substr(7);
  const http::Client raw(direct);
  http::Request request;
  request.method = "POST";
  request.target = "/containers/" + paused + "/pause";
  EXPECT_EQ(raw.send(request).status, 204);
  (void)docker().wait_container(exited, {});

  const auto end = std::chrono::steady_clock::now() + 20s;
  while (docker().inspect_container(looping, {})->status != "restarting" &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(5ms);
  }
  const auto told = instances();
  for (const auto& id : {running, paused, exited, looping})
    ASSERT_TRUE(told.contains(id)) << id << json(told);
  EXPECT_EQ(told.at(running).at("state"), "running");
  EXPECT_EQ(told.at(running).at("uuid"), tag_ + "running");
  EXPECT_EQ(told.at(paused).at("state"), "running");
  EXPECT_EQ(told.at(exited).at("state"), "stopped");
  EXPECT_EQ(told.at(looping).at("state"), "running");
  EXPECT_FALSE(told.contains(created));
  request.target = "/containers/" + paused + "/unpause";
  EXPECT_EQ(raw.send(request).status, 204);
}

TEST_F(HostOnEngine, H104_S52_a_full_ping_describes_this_host) {
  auto event = HandlerRig::event(
      "ping", {{"options", {{"resources", true}, {"stats", true}, {"instances", true}}}}, 15s);
  support::Attempt run;
  const auto answer = rig_->handle(event, run).value();
  EXPECT_EQ(answer.at("options"), (json{{"instances", true}}));
  const auto host = answer.at("resources").at(1);
  const auto version = docker().version({});
  EXPECT_EQ(host.at("info").at("osInfo").at("dockerVersion"),
            "Docker version " + version.version + ", build " + version.git_commit);
  EXPECT_EQ(host.at("info").at("osInfo").at("operatingSystem"), docker().info({}).operating_system);
  EXPECT_GT(host.at("localStorageMb").get<std::int64_t>(), 0);
  EXPECT_GT(host.at("memory").get<std::int64_t>(), 1 << 20);
}

TEST_F(HostOnEngine, S6_S7_E15_published_ports_are_found_while_they_are_held) {
  const json exposed = {{"ExposedPorts", {{"80/tcp", json::object()}}},
                        {"HostConfig", {{"PortBindings", {{"80/tcp", {{{"HostPort", ""}}}}}}}}};
  const auto random = create("random", exposed);
  const auto ports =
      docker().inspect_container(random, {})->raw.at("NetworkSettings").at("Ports").at("80/tcp");
  const int port = std::stoi(ports.at(0).at("HostPort").get<std::string>());
  const auto held = check(port);
  ASSERT_EQ(held.at("conflicts").size(), 1U) << held;
  EXPECT_EQ(held.at("conflicts").at(0).at("containerId"), random);
  EXPECT_EQ(held.at("conflicts").at(0).at("state"), "running");
  EXPECT_EQ(held.at("hostSocketProbeSupported"), true);
  (void)docker().remove_container(random, {.force = true, .volumes = true}, {});
  EXPECT_EQ(check(port).at("conflicts"), json::array());

  auto fixed = exposed;
  fixed["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] = std::to_string(port);
  const auto id = create("fixed", fixed);
  EXPECT_EQ(check(port).at("conflicts").size(), 1U);
  (void)docker().stop_container(id, 0s, {});
  const auto stopped = check(port);
  ASSERT_EQ(stopped.at("conflicts").size(), 1U) << stopped;
  EXPECT_EQ(stopped.at("conflicts").at(0).at("state"), "exited");
}

TEST_F(HostOnEngine, delegate_request_runs_the_script_inside_the_container) {
  create("agent",
         {{"Labels", {{"io.rancher.container.uuid", tag_}}},
          {"Env", {"CATTLE_MARK=inside"}},
          {"Cmd",
           {"sh", "-c",
            "mkdir -p /var/lib/cattle/events; printf '#!/bin/sh\\ncat >/dev/null\\necho "
            "\"{\\\\\"mark\\\\\":\\\\\"$CATTLE_MARK\\\\\"}\"\\n' > "
            "/var/lib/cattle/events/host.event; chmod +x /var/lib/cattle/events/host.event; sleep 600"}}});
  const auto reply = rig_->reply(
      "delegate.request", {{"instanceData", {{"kind", "container"}, {"token", "t"}, {"uuid", tag_}}},
                           {"event", {{"id", "inner"}, {"name", "host.event"}, {"replyTo", "reply.i"}}}});
  EXPECT_EQ(reply.at("data"), (json{{"mark", "inside"}}));
}

}  // namespace
}  // namespace cattle::tests
