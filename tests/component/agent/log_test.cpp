// SPDX-License-Identifier: Apache-2.0
// What agent.log says, and what it never says.
#include "agent/event_command.hpp"
#include "agent/exit_code.hpp"
#include "agent/explain.hpp"
#include "tests/component/agent/running_agent.hpp"

#include <fstream>
#include <sstream>

namespace cattle::agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LogComponentTest : public AgentTest {
 protected:
  json secret_event(const std::string& id) {
    auto event = activate_event(id, "u-1", "local/box:1");
    auto& instance = event["data"]["instanceHostMap"]["instance"];
    instance["data"]["fields"]["environment"] = {{"DB_PASSWORD", "planted-environment"},
                                                 {"PLAIN", "planted-other-value"}};
    instance["image"]["registryCredential"] = {
        {"publicValue", "planted-user"},
        {"secretValue", "planted-registry-pw"},
        {"registry", {{"data", {{"fields", {{"serverAddress", "r.example"}}}}}}}};
    return event;
  }
  std::string write(const std::string& name, const json& document) {
    auto path = (directory_ / name).string();
    std::ofstream(path) << document.dump();
    return path;
  }
};

TEST_F(LogComponentTest, E7_an_events_story_has_every_chapter_and_explain_tells_it) {
  engine_.add_image("local/box:1");
  start();
  server_.send(activate_event("a1", "u-1", "local/box:1"));
  ASSERT_TRUE(server_.wait_reply("a1"));
  ASSERT_TRUE(logged("answered: ok"));
  const auto container = engine_.container_ids().at(0);
  std::ostringstream by_event;
  ASSERT_TRUE(explain("a1", options_.log.file, by_event));
  EXPECT_THAT(by_event.str(), AllOf(HasSubstr("taken: compute.instance.activate instanceHostMap:1xa1"),
                                    HasSubstr("processId=1594"),
                                    HasSubstr("process=instance.start->instancehostmap.activate"),
                                    HasSubstr("resource=instance:106->instanceHostMap:106"),
                                    HasSubstr("engine: POST /containers/create"), HasSubstr("-> 201 in "),
                                    HasSubstr("answered: ok in "), HasSubstr("server answered 2")));
  std::ostringstream by_container;
  ASSERT_TRUE(explain(container, options_.log.file, by_container));
  EXPECT_THAT(by_container.str(), AllOf(HasSubstr("event a1"), HasSubstr("taken: ")));
  std::ostringstream nothing;
  EXPECT_FALSE(explain("no-such-event", options_.log.file, nothing));
}

TEST_F(LogComponentTest, H122_planted_secrets_appear_nowhere_in_the_log) {
  options_.log.debug = true;
  options_.subscription.connection.access_key = options_.publisher.connection.access_key = "key";
  engine_.add_image("local/box:1");
  start();
  server_.send(secret_event("a1"));
  ASSERT_TRUE(server_.wait_reply("a1"));
  engine_.inject(
      {.kind = support::Fault::Kind::answer,
       .method = "POST",
       .path_contains = "/containers/create",
       .status = 400,
       .message = "invalid environment variable: DB_PASSWORD=planted-environment planted-registry-pw"});
  auto second = secret_event("a2");
  second["data"]["instanceHostMap"]["instance"]["uuid"] = "u-2";
  second["data"]["instanceHostMap"]["instance"]["name"] = "r2";
  server_.send(second);
  const auto reply = server_.wait_reply("a2");
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->dump(), AllOf(HasSubstr("invalid environment variable"), Not(HasSubstr("planted"))));
  auto image = image_event("i1", "local/private:1");
  image["data"]["imageStoragePoolMap"]["image"]["registryCredential"] = {
      {"publicValue", "planted-user"}, {"secretValue", "planted-registry-pw"}};
  server_.send(image);
  ASSERT_TRUE(server_.wait_reply("i1"));
  server_.cut();
  ASSERT_TRUE(server_.wait_subscribed(2));
  const auto whole = log();
  EXPECT_THAT(whole, HasSubstr("event=a2"));
  for (const char* secret : {"planted-environment", "planted-other-value", "planted-registry-pw", "secret"}) {
    EXPECT_THAT(whole, Not(HasSubstr(secret))) << secret;
  }
}

TEST_F(LogComponentTest, P53_pings_leave_no_line_at_the_default_level) {
  start();
  server_.send(ping_event("p1", {{"resources", true}}));
  ASSERT_TRUE(server_.wait_reply("p1"));
  EXPECT_THAT(log(), Not(HasSubstr("event=p1")));
}

TEST_F(LogComponentTest, event_runs_one_file_through_the_same_routes) {
  engine_.add_image("local/box:1");
  std::ostringstream out;
  std::ostringstream notes;
  const auto file = write(
      "event.json", {{"event", activate_event("a1", "u-1", "local/box:1")}, {"replies", json::array()}});
  EXPECT_EQ(event_command(file, false, options_, out, notes), exit_code::kSuccess)
      << out.str() << notes.str();
  EXPECT_EQ(json::parse(out.str()).at("previousIds"), json::array({"a1"}));
  EXPECT_EQ(engine_.container_ids().size(), 1U);
  EXPECT_THAT(notes.str(), HasSubstr("engine: POST /containers/create"));
  EXPECT_TRUE(server_.requests().empty());
  std::ostringstream none;
  EXPECT_EQ(event_command("/nonexistent", false, options_, none, notes), exit_code::kNoInput);
  EXPECT_EQ(event_command(write("other.json", make_event("foo.bar", "x")), false, options_, none, notes),
            exit_code::kNoInput);
  EXPECT_EQ(
      event_command(write("bad.json", image_event("i", "local/missing:1")), false, options_, none, notes),
      exit_code::kErrorReply);
}

TEST_F(LogComponentTest, a_dry_run_prints_the_calls_and_makes_none_that_changes_anything) {
  engine_.add_image("local/box:1");
  std::ostringstream out;
  std::ostringstream notes;
  EXPECT_EQ(event_command(write("event.json", secret_event("a1")), true, options_, out, notes),
            exit_code::kSuccess)
      << out.str() << notes.str();
  EXPECT_THAT(out.str(),
              AllOf(HasSubstr("would call: POST /containers/create"), HasSubstr("\"Image\": \"local/box:1\""),
                    HasSubstr("/start"), HasSubstr("DB_PASSWORD=***"), Not(HasSubstr("planted"))));
  EXPECT_TRUE(engine_.container_ids().empty());
  EXPECT_TRUE(engine_.calls("POST", "").empty());
  EXPECT_TRUE(engine_.calls("DELETE", "").empty());
}

TEST_F(LogComponentTest, a_dry_run_of_a_stop_leaves_the_container_alone) {
  engine_.add_container("c1", {{"Image", "i"}, {"Labels", {{"io.rancher.container.uuid", "u-1"}}}});
  std::ostringstream out;
  std::ostringstream notes;
  (void)event_command(write("event.json", deactivate_event("d1", "u-1")), true, options_, out, notes);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("would call: POST /containers/"), HasSubstr("/stop")));
  EXPECT_TRUE(engine_.is_running("c1"));
}

}  // namespace
}  // namespace cattle::agent
