// SPDX-License-Identifier: Apache-2.0
// What becomes of a process whose event fails, is late, or gets an answer that can't be used.
#include "lab/core.hpp"
#include "lab/instances.hpp"
#include "tests/component/lab/lab_test.hpp"

#include <algorithm>

namespace cattle::lab {
namespace {

using nlohmann::json;
using subscriber::encode_error;
using subscriber::encode_progress;
using subscriber::encode_reply;
using subscriber::Event;
using tests::PaperAgent;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

class ProcessFailureTest : public LabTest {
 protected:
  [[nodiscard]] json process(const std::string& name) const {
    json found;
    for (const auto& entry : server_->processes()) {
      if (entry.at("name") == name) found = entry;
    }
    return found;
  }
  static PaperAgent::Answer fail(const std::string& message) {
    return [message](const Event& event) { return std::vector{encode_error(event, message)}; };
  }
  static PaperAgent::Answer silence() {
    return [](const Event&) { return std::vector<std::string>{}; };
  }
};

TEST_F(ProcessFailureTest, an_activation_that_fails_is_tried_five_times_then_stopped) {
  begin_with_host();
  agent_->on("compute.instance.activate", fail("port is taken"));
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  ASSERT_TRUE(server_->wait_for_state("instance", id, "error", kSoon));
  const auto events = agent_->events("compute.instance.activate");
  EXPECT_EQ(events.size(), 5U);
  EXPECT_NE(events[0].id, events[4].id);
  EXPECT_EQ(agent_->events("compute.instance.deactivate").size(), 1U);
  EXPECT_EQ(server_->row("instance", id).at("transitioningMessage"), "port is taken");
}

TEST_F(ProcessFailureTest, an_image_that_fails_gives_the_start_up_at_once) {
  begin_with_host();
  agent_->on("storage.image.activate", fail("no such image"));
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  ASSERT_TRUE(server_->wait_for_state("instance", id, "error", kSoon));
  EXPECT_EQ(agent_->names(), Names{"storage.image.activate"});
  EXPECT_EQ(process("instance.start").at("state"), "failed");
}

TEST_F(ProcessFailureTest, R23_a_time_out_is_retried_with_a_new_id_and_late_replies_are_dropped) {
  Options options = quick();
  options.settings.event_timeout = 300ms;
  begin_with_host(options);
  agent_->on("compute.instance.activate", silence());
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 2));
  const auto events = agent_->events("compute.instance.activate");
  EXPECT_NE(events[0].id, events[1].id);
  agent_->publish(encode_reply(events[0], PaperAgent::description(events[0], json::array(), json::array())));
  EXPECT_EQ(notes("reply").back(), "late");
  EXPECT_NE(server_->row("instance", id).at("state"), "running");
  EXPECT_EQ(agent_->events("compute.instance.deactivate").size(), 0U);
}

TEST_F(ProcessFailureTest, E6_a_reply_is_taken_from_any_connection) {
  begin_with_host();
  agent_->on("compute.instance.activate", silence());
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  ASSERT_TRUE(agent_->wait_for("compute.instance.activate", 1));
  const Event event = agent_->events("compute.instance.activate").front();
  agent_->stop();
  const auto answer =
      request("POST", "/v1/publish", key_.key,
              encode_reply(event, PaperAgent::description(event, json::array(), json::array())));
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  EXPECT_EQ(process("instance.start").at("attempts"), 1);
}

TEST_F(ProcessFailureTest, R15_a_reply_matches_by_name_and_first_previous_id) {
  begin_with_host();
  agent_->on("compute.instance.activate", [](const Event& event) {
    json wrong = json::parse(encode_reply(event, json::object()));
    wrong["previousIds"] = {"someone-else", event.id};
    json other = json::parse(encode_reply(event, json::object()));
    other["name"] = "reply.1";
    const std::string right =
        encode_reply(event, PaperAgent::description(event, json::array(), json::array()));
    return std::vector{wrong.dump(), other.dump(), right, right};
  });
  running_container();
  const std::string id = agent_->events("compute.instance.activate").front().id;
  // What became of each reply that mentions the event, in order.
  std::vector<std::string> notes;
  EXPECT_TRUE(server_->wait_until(
      [&](Core& core) {
        notes.clear();
        for (const auto& entry : core.wire.since(0)) {
          if (entry.at("kind") == "reply" &&
              entry.at("body").at("previousIds").dump().find(id) != std::string::npos) {
            notes.push_back(entry.at("note"));
          }
        }
        return notes.size() == 4;
      },
      kSoon));
  EXPECT_EQ(notes, (std::vector<std::string>{"late", "late", "taken", "late"}));
}

TEST_F(ProcessFailureTest, R24_progress_keeps_a_pull_alive_and_nothing_else) {
  Options options = quick();
  options.settings.event_timeout = 400ms;
  begin_with_host(options);
  agent_->on("storage.image.activate", [](const Event& event) {
    std::vector<std::string> out(1, encode_progress(event, "Pulling layer 1", 10));
    return out;
  });
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  ASSERT_TRUE(agent_->wait_for("storage.image.activate", 1));
  const Event event = agent_->events("storage.image.activate").front();
  ASSERT_TRUE(server_->wait_until(
      [&](Core& core) {
        return core.store.at("instance", *plain_id(id)).at("data").at("fields").at("transitioningMessage") ==
               "Pulling layer 1";
      },
      kSoon));
  for (int i = 0; i < 6; ++i) {
    std::this_thread::sleep_for(150ms);  // The pace of a pull, not a wait for a condition.
    agent_->publish(encode_progress(event, "Pulling layer 2", 20 + i));
  }
  agent_->publish(encode_reply(event, json::object()));
  EXPECT_TRUE(server_->wait_for_state("instance", id, "running", kSoon));
  EXPECT_EQ(agent_->events("storage.image.activate").size(), 1U);
}

TEST_F(ProcessFailureTest, E3_a_reply_that_can_not_be_read_is_thrown_away_and_sent_again) {
  begin_with_host();
  std::atomic<int> bad{2};
  agent_->on("compute.instance.activate", [&bad](const Event& event) {
    const json ports = bad-- > 0 ? json{":::18080:80/tcp"} : json{"0.0.0.0:18080:80/tcp"};
    return std::vector{encode_reply(event, PaperAgent::description(event, ports, json::array()))};
  });
  const std::string id = running_container();
  EXPECT_EQ(agent_->events("compute.instance.activate").size(), 3U);
  const json start = process("instance.start");
  EXPECT_EQ(start.at("attempts"), 3);
  EXPECT_EQ(server_->row("instance", id).at("ports"), json::array({"18080:80/tcp"}));
  EXPECT_TRUE(agent_->events("compute.instance.deactivate").empty());
}

TEST_F(ProcessFailureTest, E4_the_fork_puts_a_container_without_mounts_list_in_error) {
  begin_with_host(quick(Flavour::pasturestack));
  agent_->on("compute.instance.activate", [](const Event& event) {
    json data = PaperAgent::description(event, json::array(), json::array());
    data["instanceHostMap"]["instance"]["+data"].erase("dockerMounts");
    return std::vector{encode_reply(event, data)};
  });
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  EXPECT_TRUE(server_->wait_for_state("instance", id, "error", kSoon));
  EXPECT_EQ(agent_->events("compute.instance.activate").size(), 1U);
}

TEST_F(ProcessFailureTest, a_stop_that_fails_is_repeated_until_it_works) {
  begin_with_host();
  const std::string id = running_container();
  std::atomic<int> bad{2};
  agent_->on("compute.instance.deactivate", [&bad](const Event& event) {
    if (bad-- > 0) return std::vector{encode_error(event, "busy")};
    return std::vector{encode_reply(event, PaperAgent::description(event, json::array(), json::array()))};
  });
  server_->stop_instance(id, 7);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "stopped", kSoon));
  EXPECT_EQ(process("instance.stop").at("attempts"), 3);
  EXPECT_EQ(agent_->events("compute.instance.deactivate").front().data.at("processData"),
            (json{{"timeout", 7}}));
}

TEST_F(ProcessFailureTest, a_removal_cancels_a_start_that_waits) {
  Options options = quick();
  options.settings.event_timeout = 100ms;
  options.settings.retry_base = 60s;
  begin_with_host(options);
  agent_->on("compute.instance.activate", silence());
  const std::string id = server_->create_instance({{"name", "c"}, {"image", "x"}});
  ASSERT_TRUE(server_->wait_for_process("instance.start", id, "waiting", kSoon));
  server_->remove_instance(id);
  EXPECT_TRUE(server_->wait_for_state("instance", id, "removed", kSoon));
  EXPECT_EQ(process("instance.start").at("state"), "cancelled");
}

}  // namespace
}  // namespace cattle::lab
