// SPDX-License-Identifier: Apache-2.0
// What a real agent on a real engine makes of trouble; its process id stays the same all the while.
#include "tests/engine/lab/lab_engine_test.hpp"

#include <sys/wait.h>

#include <cstdlib>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class OutageOnEngine : public LabEngineTest {
 protected:
  static Options impatient(std::chrono::milliseconds event_timeout) {
    Options out;
    out.settings.event_timeout = event_timeout;
    return out;
  }
  void still_the_same(const std::string& id) {
    EXPECT_TRUE(agent_->running());
    EXPECT_EQ(state_of(id), "running");
    EXPECT_EQ(ours().size(), 1U);
    EXPECT_EQ(server_->subscriptions(key_.id), 1U);
    remove_and_check(id);
  }
};

TEST_F(OutageOnEngine, R8_the_link_is_cut_in_the_middle_of_a_start) {
  begin(impatient(8s));
  server_->add_fault({"cut", "compute.instance.activate", 500, 0ms, 1});
  still_the_same(running("cut"));
}

TEST_F(OutageOnEngine, E16_the_link_is_frozen_and_noticed_in_20_s) {
  begin(impatient(8s));
  const auto began = std::chrono::steady_clock::now();
  server_->freeze(key_.id);
  ASSERT_TRUE(server_->wait_for_subscription(key_.id, 40s));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
  still_the_same(running("frozen"));
}

TEST_F(OutageOnEngine, the_server_is_away_for_a_while) {
  begin(impatient(8s));
  const std::string id = create("away");
  server_->restart(4s);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  EXPECT_TRUE(server_->wait_for_subscription(key_.id, kSoon));
  still_the_same(id);
}

TEST_F(OutageOnEngine, E5_replies_are_refused_with_500) {
  begin();
  server_->add_fault({"refuse", "publish", 500, 0ms, 5});
  const std::string id = running("refused");
  for (const auto& entry : server_->wire()) {
    if (entry.at("kind") == "reply") {
      EXPECT_NE(entry.at("body").value("transitioning", ""), "error") << entry.dump();
    }
  }
  still_the_same(id);
}

TEST_F(OutageOnEngine, the_engine_is_restarted) {
  begin();
  const std::string before = running("before");
  const std::string socket = engine().docker_host.substr(std::string("unix://").size());
  const std::string command = std::string("bash '") + CATTLE_RESTART_ENGINE + "' '" +
                              engine().dockerd_pid_file + "' '" + socket + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  ask_for_instances();
  EXPECT_TRUE(server_->wait_for_state("instance", before, "stopped", kSoon))
      << "its containers ended with the engine";
  remove_and_check(before);
  still_the_same(running("after"));
}

TEST_F(OutageOnEngine, the_agent_is_killed_in_the_middle) {
  begin(impatient(5s));
  server_->on_thread([](Core& core) { core.settings.retry_base = 500ms; });
  const std::string id = create("killed");
  ASSERT_TRUE(server_->wait_until(
      [](Core& core) {
        const json wire = core.wire.since(0);
        return std::any_of(wire.begin(), wire.end(), [](const json& entry) {
          return entry.at("kind") == "event" && entry.at("body").at("name") == "compute.instance.activate";
        });
      },
      kSoon));
  agent_->signal(SIGKILL);
  ASSERT_TRUE(agent_->wait(20s).has_value());
  start_agent();
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  still_the_same(id);
  EXPECT_TRUE(ours().empty());
}

}  // namespace
}  // namespace cattle::lab
