// SPDX-License-Identifier: Apache-2.0
// Whose stories `cattle-agent explain` finds in agent.log, by whatever name a person has at hand.
#include "agent/explain.hpp"

#include "tests/component/agent/running_agent.hpp"

#include <sstream>

namespace cattle::agent {
namespace {

/// The ids of the events whose stories `explain` tells, in its order; "" when it knows nothing.
std::string told(const std::string& subject, const std::string& file) {
  std::ostringstream story;
  if (!explain(subject, file, story)) return "";
  std::istringstream lines(story.str());
  std::string events;
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kEvent = "event ";
    if (line.starts_with(kEvent)) events += (events.empty() ? "" : " ") + line.substr(kEvent.size());
  }
  return events;
}

using ExplainTest = AgentTest;

TEST_F(ExplainTest, a_container_is_explained_by_id_name_or_uuid_from_before_it_was_there) {
  const std::string uuid = "5041f53e-7be0-4000-8000-ceb73366029c";
  start();
  // Its image is absent, and no registry has it: there is no container yet, and its story begins here.
  server_.send(activate_event("a1", uuid, "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("a1"));
  engine_.add_image("local/box:1");
  server_.send(activate_event("a2", uuid, "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("a2"));
  const auto container = engine_.container_ids().at(0);
  server_.send(activate_event("b1", "another-instance", "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("b1"));
  server_.send(inspect_event("i1", container));
  ASSERT_TRUE(server_.wait_reply("i1"));
  server_.send(deactivate_event("d1", uuid));
  ASSERT_TRUE(server_.wait_reply("d1"));
  ASSERT_TRUE(logged("event=d1 container=" + container.substr(0, 12) + " answered: ok"));
  const auto& file = options_.log.file;
  const std::string whole_story = "a1 a2 i1 d1";
  for (const auto& subject : {container, container.substr(0, 12), container.substr(0, 8), uuid,
                              uuid.substr(0, 13), "r" + uuid, "/r" + uuid}) {
    EXPECT_EQ(told(subject, file), whole_story) << subject;
  }
  const auto docker_name = engine_.container(container)->at("Name").get<std::string>();
  EXPECT_EQ(told(docker_name, file), whole_story) << docker_name;
  EXPECT_EQ(told(docker_name.substr(1), file), whole_story) << docker_name;
  EXPECT_EQ(told("ranother-instance", file), "b1");
  for (const auto* subject : {"r", "5041", "", "/", "no-such-container"}) {
    EXPECT_EQ(told(subject, file), "") << subject;
  }
}

TEST_F(ExplainTest, an_instances_name_stays_one_word_and_forges_nothing) {
  engine_.add_image("local/box:1");
  start();
  auto event = activate_event("a1", "u-1", "local/box:1");
  event["data"]["instanceHostMap"]["instance"]["name"] = "web instance=u-2 name=other\nevent=a9";
  server_.send(event);
  ASSERT_TRUE(server_.wait_reply("a1"));
  ASSERT_TRUE(logged("event=a1 "));
  ASSERT_TRUE(logged("answered: "));
  EXPECT_EQ(told("u-2", options_.log.file), "");
  EXPECT_EQ(told("other", options_.log.file), "");
  EXPECT_EQ(told("a9", options_.log.file), "");
  EXPECT_EQ(told("u-1", options_.log.file), "a1");
}

TEST_F(ExplainTest, what_was_dropped_is_explained_by_name_too) {
  options_.dispatcher.queue.waiting_per_key = 1;
  engine_.add_image("local/box:1");
  hang("/containers/create");
  start();
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(logged("event=a1 taken"));
  server_.send(activate_event("a2", "u-1", "local/box:1"));
  server_.send(deactivate_event("d1", "u-1"));
  ASSERT_TRUE(logged("event=d1 dropped: compute.instance.deactivate: too many wait for instance:u-1"));
  EXPECT_EQ(told("ru-1", options_.log.file), "a1 a2 d1");
  engine_.clear_faults();
  ASSERT_TRUE(server_.wait_reply("a2"));
}

}  // namespace
}  // namespace cattle::agent
