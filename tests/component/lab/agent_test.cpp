// SPDX-License-Identifier: Apache-2.0
// The real agent between the lab and a fake engine: the whole path, and the faults that no real server shows
// on demand.
#include "agent/agent.hpp"

#include "config/config.hpp"
#include "lab/core.hpp"
#include "lab/server.hpp"
#include "tests/support/fake_engine.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class AgentInLab : public ::testing::Test {
 public:
  static constexpr auto kSoon = 30s;
  static constexpr const char* kImage = "local/busybox:test";

  AgentInLab() {
    std::string pattern = "/tmp/la-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(directory_ + "/home/state");
    // The server spells out Docker's registry, which a real engine takes for the same image.
    engine_.add_image(kImage);
    engine_.add_image(std::string("index.docker.io/") + kImage);
  }
  ~AgentInLab() override {
    agent_.reset();
    server_.reset();
    std::filesystem::remove_all(directory_);
  }
  AgentInLab(const AgentInLab&) = delete;
  AgentInLab& operator=(const AgentInLab&) = delete;

  void begin(Flavour flavour = Flavour::cattle, std::chrono::milliseconds event_timeout = 20s) {
    Options options;
    options.flavour = flavour;
    options.settings.security = true;
    options.settings.ping_schedule = 200ms;
    options.settings.ping_instances_every = 75;  // Every 15 s, as the real server.
    options.settings.config_sync = 500ms;
    options.settings.retry_base = 50ms;
    options.settings.event_timeout = event_timeout;
    server_ = std::make_unique<Server>(options);
    server_->start();
    key_ = server_->add_agent();
    agent_.emplace(
        agent::make_options(config::load([this](const std::string& name) { return variable(name); }, {})));
    agent_->start();
    ASSERT_TRUE(server_->wait_for_host(kSoon));
  }
  std::string container(const json& more = json::object()) {
    json spec{{"name", "c"}, {"image", kImage}, {"networkMode", "none"}};
    spec.update(more);
    return server_->create_instance(spec);
  }
  std::string running_container() {
    std::string id = container();
    EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
    return id;
  }
  /// How many final replies each event got.
  std::map<std::string, int> final_replies() {
    std::map<std::string, int> out;
    for (const auto& entry : server_->wire()) {
      if (entry.at("kind") != "reply") continue;
      const json& body = entry.at("body");
      if (body.value("transitioning", "no") != "yes") ++out[body.at("previousIds").at(0).get<std::string>()];
    }
    return out;
  }

  http::Library library_;
  support::FakeEngine engine_;
  std::string directory_;
  std::unique_ptr<Server> server_;
  AgentKey key_;
  std::optional<agent::Agent> agent_;

 private:
  std::optional<std::string> variable(const std::string& name) {
    const std::map<std::string, std::string> all{{"CATTLE_URL", server_->url() + "/v1"},
                                                 {"CATTLE_ACCESS_KEY", key_.key.access_key},
                                                 {"CATTLE_SECRET_KEY", key_.key.secret_key},
                                                 {"CATTLE_AGENT_IP", "127.0.0.1"},
                                                 {"CATTLE_HOME", directory_ + "/home"},
                                                 {"CATTLE_STATE_DIR", directory_ + "/home/state"},
                                                 {"CATTLE_AGENT_LOG_FILE", directory_ + "/agent.log"},
                                                 {"CATTLE_DETECT_CLOUD_PROVIDER", "false"},
                                                 {"DOCKER_HOST", engine_.docker_host()}};
    const auto it = all.find(name);
    return it == all.end() ? std::nullopt : std::optional(it->second);
  }
};

TEST_F(AgentInLab, E11_a_container_lives_and_goes) {
  begin();
  const std::string id = running_container();
  ASSERT_EQ(engine_.container_ids().size(), 1U);
  EXPECT_EQ(server_->row("instance", id).at("externalId"), engine_.container_ids().front());
  server_->stop_instance(id, 1);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  server_->restart_instance(id);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
  EXPECT_TRUE(engine_.container_ids().empty());
}

TEST_F(AgentInLab, E4_the_fork_is_satisfied_too) {
  begin(Flavour::pasturestack);
  const std::string id = container({{"networkMode", "bridge"}, {"ports", {"18080:80/tcp"}}});
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  EXPECT_EQ(server_->row("instance", id).at("ports"), json::array({"18080:80/tcp"}));
}

TEST_F(AgentInLab, E14_all_config_items_are_acknowledged) {
  begin();
  EXPECT_TRUE(
      server_->wait_until([&](Core& core) { return core.config.in_sync(*plain_id(key_.id)); }, kSoon));
}

TEST_F(AgentInLab, R18_every_event_has_one_final_reply) {
  begin();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(container({{"name", "c" + std::to_string(i)}}));
  for (const auto& id : ids) EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  for (const auto& id : ids) server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
  EXPECT_TRUE(engine_.container_ids().empty());
  for (const auto& [event, count] : final_replies()) EXPECT_EQ(count, 1) << event;
}

TEST_F(AgentInLab, R26_a_sent_again_event_makes_one_container) {
  begin();
  server_->add_fault({"duplicate", "compute.instance.activate", 500, 0ms, 1});
  running_container();
  EXPECT_EQ(engine_.container_ids().size(), 1U);
}

TEST_F(AgentInLab, E5_a_refused_reply_is_repeated_and_no_error_is_made_of_it) {
  begin();
  server_->add_fault({"refuse", "publish", 500, 0ms, 3});
  const std::string id = running_container();
  EXPECT_EQ(server_->row("instance", id).at("state"), "running");
  for (const auto& entry : server_->wire()) {
    if (entry.at("kind") != "reply") continue;
    EXPECT_NE(entry.at("body").value("transitioning", ""), "error");
  }
}

TEST_F(AgentInLab, R8_a_cut_link_is_repaired_and_the_start_retried) {
  begin(Flavour::cattle, 3s);
  server_->add_fault({"cut", "compute.instance.activate", 500, 0ms, 1});
  running_container();
  EXPECT_EQ(engine_.container_ids().size(), 1U);
  EXPECT_EQ(server_->subscriptions(key_.id), 1U);
}

TEST_F(AgentInLab, R23_a_slow_engine_is_found_done_by_the_next_event) {
  begin(Flavour::cattle, 1s);
  engine_.set_delay(400ms);
  const std::string id = container();
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  EXPECT_EQ(engine_.container_ids().size(), 1U);
}

TEST_F(AgentInLab, a_restarted_server_finds_its_agent_again) {
  begin();
  const std::string id = running_container();
  server_->restart(300ms);
  ASSERT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
  server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
  EXPECT_TRUE(engine_.container_ids().empty());
}

TEST_F(AgentInLab, a_missing_image_is_told_to_the_person) {
  begin();
  const std::string id = container({{"image", "no/such:1"}});
  EXPECT_TRUE(server_->wait_for_state("instance", id, "error", kSoon));
  const std::string message = server_->row("instance", id).at("transitioningMessage");
  EXPECT_NE(message.find("no/such"), std::string::npos) << message;
}

TEST_F(AgentInLab, E9_a_container_made_by_hand_is_seen) {
  begin();
  server_->set("agent.ping.instances.every", 1);
  engine_.add_container("by-hand", {{"Image", kImage}});
  EXPECT_TRUE(server_->wait_until(
      [](Core& core) {
        const Row* row = core.store.first("instance", "name", "by-hand");
        return row != nullptr && row->at("state") == "running";
      },
      kSoon));
  EXPECT_EQ(engine_.container_ids().size(), 1U);
}

TEST_F(AgentInLab, E19_an_exit_is_seen_by_pings_alone) {
  begin();
  const std::string id = running_container();
  server_->set("agent.ping.instances.every", 1);
  engine_.exit_container(engine_.container_ids().front());
  EXPECT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
}

}  // namespace
}  // namespace cattle::lab
