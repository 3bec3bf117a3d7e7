// SPDX-License-Identifier: Apache-2.0
#include "lab/core.hpp"
#include "tests/component/lab/lab_test.hpp"

#include <algorithm>

namespace cattle::lab {
namespace {

using nlohmann::json;
using subscriber::Event;
using subscriber::Trouble;
using tests::PaperAgent;
using namespace std::chrono_literals;

class BusTest : public LabTest {};

TEST_F(BusTest, E2_keepalives_come_at_once_and_carry_no_replyTo) {
  begin();
  agent_->start();
  ASSERT_TRUE(agent_->wait_for("ping", 4));
  const auto events = agent_->events("ping");
  const auto keepalive =
      std::find_if(events.begin(), events.end(), [](const Event& event) { return event.reply_to.empty(); });
  ASSERT_NE(keepalive, events.end());
  EXPECT_FALSE(keepalive->resource_id.has_value());
  EXPECT_FALSE(keepalive->resource_type.has_value());
  EXPECT_TRUE(keepalive->data.at("options").empty());
}

TEST_F(BusTest, R1_the_names_get_the_agents_own_suffix) {
  begin();
  agent_->start();
  ASSERT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
  server_->on_thread([&](Core& core) {
    core.bus.for_each(0, [&](Listener& listener) {
      EXPECT_TRUE(listener.audience().names.contains("ping;agent=" + std::to_string(*plain_id(key_.id))));
      EXPECT_EQ(listener.audience().names.size(), 12U);
    });
  });
}

TEST_F(BusTest, R8_the_socket_is_closed_after_so_many_keepalives) {
  Options options = quick();
  options.settings.max_keepalives = 3;
  begin(options);
  agent_->start();
  ASSERT_TRUE(agent_->wait_for_outage());
  EXPECT_EQ(agent_->outages().front().trouble, Trouble::closed);
  EXPECT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
}

TEST_F(BusTest, R9_a_wrong_key_is_401_with_security_on) {
  begin();
  AgentKey wrong = key_;
  wrong.key.secret_key = "wrong";
  PaperAgent stranger(*server_, wrong);
  stranger.start();
  ASSERT_TRUE(stranger.wait_for_outage());
  EXPECT_EQ(stranger.outages().front().trouble, Trouble::bad_credentials);
}

TEST_F(BusTest, R10_with_security_off_a_wrong_key_makes_an_administrator) {
  Options options = quick();
  options.settings.security = false;
  begin(options);
  const Key wrong{"nobody", "nothing"};
  const auto answer = request("GET", "/v1/schemas", wrong);
  EXPECT_EQ(answer.status, 200);
  ASSERT_NE(answer.header("x-api-account-kind"), nullptr);
  EXPECT_EQ(*answer.header("x-api-account-kind"), "admin");
  EXPECT_EQ(request("GET", "/v1/schemas", wrong, "", {{"X-ENFORCE-AUTHENTICATION", "true"}}).status, 401);
  const auto right = request("GET", "/v1/schemas", key_.key);
  EXPECT_EQ(*right.header("x-api-account-kind"), "agent");
}

TEST_F(BusTest, the_fork_believes_half_a_key_while_security_is_off) {
  Options options = quick(Flavour::pasturestack);
  options.settings.security = false;
  begin(options);
  const Key half{key_.key.access_key, "wrong"};
  const auto answer = request("GET", "/v1/schemas", half);
  EXPECT_EQ(*answer.header("x-api-account-kind"), "agent");
  EXPECT_NE(answer.header("x-pasturestack-version"), nullptr);
  EXPECT_EQ(request("GET", "/v1/schemas", half, "", {{"X-ENFORCE-AUTHENTICATION", "true"}}).status, 401);
}

TEST_F(BusTest, an_inactive_agent_is_refused_with_403) {
  begin();
  server_->deactivate_agent(key_.id);
  agent_->start();
  ASSERT_TRUE(agent_->wait_for_outage());
  EXPECT_EQ(agent_->outages().front().trouble, Trouble::agent_gone);
}

TEST_F(BusTest, a_removed_agents_key_is_dead) {
  begin();
  server_->remove_agent(key_.id);
  agent_->start();
  ASSERT_TRUE(agent_->wait_for_outage());
  EXPECT_EQ(agent_->outages().front().status, 401);
}

TEST_F(BusTest, two_agents_on_one_account_are_422) {
  begin();
  server_->on_thread([&](Core& core) {
    Row& first = core.store.at("agent", *plain_id(key_.id));
    Row& second = core.agents.add(core.accounts.project(), "x");
    second["accountId"] = first.at("accountId");
    second["state"] = "active";
  });
  agent_->start();
  ASSERT_TRUE(agent_->wait_for_outage());
  EXPECT_EQ(agent_->outages().front().trouble, Trouble::ambiguous_agent);
}

TEST_F(BusTest, R12_foreign_names_and_suffixes_get_nothing_else) {
  begin_with_host();
  const AgentKey other = server_->add_agent();
  PaperAgent second(*server_, other);
  second.start();
  ASSERT_TRUE(server_->wait_for_subscription(other.id, kSoon));
  const std::string id = running_container();
  EXPECT_EQ(second.names(), std::vector<std::string>{});
  EXPECT_EQ(agent_->names().size(), 3U);
}

TEST_F(BusTest, R5_messages_can_be_sent_in_every_shape) {
  begin();
  agent_->start();
  ASSERT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
  server_->send_binary(key_.id, "\x01\x02");
  const json event{
      {"id", "e-1"}, {"name", "console.access"}, {"data", {{"long", std::string(200'000, 'x')}}}};
  server_->send_in_pieces(key_.id, "  " + event.dump() + "\n", 1'000);
  ASSERT_TRUE(agent_->wait_for("console.access", 1));
  EXPECT_EQ(agent_->events("console.access").front().id, "e-1");
}

TEST_F(BusTest, R18_a_sent_again_event_keeps_its_id) {
  begin_with_host();
  server_->add_fault({"duplicate", "storage.volume.activate", 500, 0ms, 1});
  server_->add_fault({"resend", "compute.instance.activate", 500, 30ms, 1});
  running_container();
  ASSERT_TRUE(agent_->wait_for("storage.volume.activate", 2));
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 2));
  for (const char* name : {"storage.volume.activate", "compute.instance.activate"}) {
    const auto events = agent_->events(name);
    EXPECT_EQ(events[0].id, events[1].id);
  }
}

TEST_F(BusTest, a_cut_link_loses_the_event_and_the_retry_repairs_it) {
  Options options = quick();
  options.settings.event_timeout = 500ms;
  begin_with_host(options);
  server_->add_fault({"cut", "compute.instance.activate", 500, 0ms, 1});
  running_container();
  EXPECT_FALSE(agent_->outages().empty());
  EXPECT_GE(agent_->events("compute.instance.activate").size(), 1U);
  bool retried = false;
  for (const auto& process : server_->processes())
    retried = retried || (process.at("name") == "instance.start" && process.at("attempts") > 1);
  EXPECT_TRUE(retried);
}

TEST_F(BusTest, E16_a_frozen_link_stays_open_and_silent) {
  begin();
  agent_->start();
  ASSERT_TRUE(agent_->wait_for("ping", 3));
  server_->freeze(key_.id);
  EXPECT_EQ(server_->subscriptions(key_.id), 0U);
  const std::size_t before = agent_->events().size();
  EXPECT_FALSE(agent_->wait_for("ping", before + 5, 500ms));
  EXPECT_TRUE(agent_->subscribed());
}

TEST_F(BusTest, a_restart_closes_all_and_keeps_the_state) {
  begin_with_host();
  const std::string id = running_container();
  server_->restart(100ms);
  ASSERT_TRUE(agent_->wait_for_outage());
  ASSERT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
  EXPECT_EQ(server_->row("instance", id).at("state"), "running");
  server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "removed", kSoon));
  EXPECT_TRUE(server_->wait_for_idle(kSoon));
}

TEST_F(BusTest, older_servers_send_null_keys) {
  Options options = quick();
  options.settings.null_keys = true;
  begin_with_host(options);
  running_container();
  bool seen = false;
  for (const auto& entry : server_->wire()) {
    if (entry.at("kind") != "event" || entry.at("body").at("name") != "compute.instance.activate") continue;
    seen = true;
    EXPECT_TRUE(entry.at("body").at("previousIds").is_null());
    EXPECT_TRUE(entry.at("body").at("transitioning").is_null());
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace cattle::lab
