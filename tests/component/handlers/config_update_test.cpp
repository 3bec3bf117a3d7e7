// SPDX-License-Identifier: Apache-2.0
// config.update against a local server.
#include "handlers/host/config_update.hpp"

#include "docker-client/client.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/ping.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <future>
#include <thread>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::make_event;
using ::testing::ElementsAre;

class ConfigUpdateTest : public ::testing::Test {
 protected:
  ConfigUpdateTest() : client_(client_options()) {}
  http::ClientOptions client_options() const {
    http::ClientOptions options;
    options.base_url = server_.url();
    options.username = "key";
    options.password = "secret";
    return options;
  }
  std::optional<json> update(const json& items, std::chrono::milliseconds limit = 5s) {
    ConfigItemOptions options;
    options.home = directory_.path();
    options.request_limit = limit;
    const ConfigUpdate handler(options, client_);
    return handler.handle(
        make_event("config.update", {{"configUrl", "http://192.0.2.2:8080/v1"}, {"items", items}}),
        test_.context);
  }
  std::vector<std::string> puts() const {
    std::vector<std::string> targets;
    for (const auto& request : server_.requests()) {
      if (request.method == "PUT") targets.push_back(request.target);
    }
    return targets;
  }
  support::TempDir directory_;
  support::FakeServer server_;
  http::Client client_;
  support::TestContext test_;
};

TEST_F(ConfigUpdateTest, R55_H114_E14_P42_each_item_is_acknowledged_to_our_own_server) {
  EXPECT_EQ(update({{{"name", "configscripts"}, {"requestedVersion", 1}}, {{"name", "pyagent"}}}),
            json::object());
  EXPECT_THAT(puts(), ElementsAre("/v1/configcontent/configscripts?version=latest",
                                  "/v1/configcontent/pyagent?version=latest"));
}

TEST_F(ConfigUpdateTest, H113_P42_no_items_are_answered_at_once) {
  EXPECT_EQ(update(json::array()), json::object());
  EXPECT_EQ(update(nullptr), json::object());
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ConfigUpdateTest, H114_H115_H116_R56_nothing_that_the_server_sends_is_run) {
  const auto marker = directory_.path() + "/ran";
  directory_.write("config.sh", "#!/bin/sh\ntouch " + marker + "\n");
  ASSERT_EQ(::chmod((directory_.path() + "/config.sh").c_str(), 0755), 0);
  server_.answer("/pyagent", {.body = "#!/bin/sh\ntouch " + marker + "\n"});
  EXPECT_EQ(update({{{"name", "pyagent"}}}), json::object());
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(ConfigUpdateTest, H003_without_reply_address_nothing_is_done) {
  auto event = make_event("config.update", {{"items", {{{"name", "pyagent"}}}}});
  event.reply_to.clear();
  const ConfigUpdate handler({}, client_);
  EXPECT_EQ(handler.handle(event, test_.context), std::nullopt);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ConfigUpdateTest, E14_a_failed_acknowledgement_is_logged_and_still_success) {
  server_.answer("/pyagent", {.status = 500});
  EXPECT_EQ(update({{{"name", "pyagent"}}, {{"name", "configscripts"}}}), json::object());
  EXPECT_TRUE(test_.log.has("pyagent not acknowledged"));
  EXPECT_EQ(puts().size(), 2U);
  server_.answer("/pyagent", {.kind = support::ServerAnswer::Kind::hang});
  EXPECT_EQ(update({{{"name", "pyagent"}}}, 100ms), json::object());
}

TEST_F(ConfigUpdateTest, two_never_work_at_once_and_the_wait_ends_with_the_events_time) {
  server_.answer("/pyagent", {.delay = 400ms});
  ConfigItemOptions options;
  options.home = directory_.path();
  const ConfigUpdate handler(options, client_);
  const auto event = make_event("config.update", {{"items", {{{"name", "pyagent"}}}}});
  auto first = std::async(std::launch::async, [&] { return handler.handle(event, test_.context); });
  while (server_.requests("/pyagent").empty()) std::this_thread::sleep_for(5ms);
  support::TestContext late;
  late.context.deadline = std::chrono::steady_clock::now() + 20ms;
  EXPECT_THROW(static_cast<void>(handler.handle(event, late.context)), OperationError);
  EXPECT_EQ(server_.requests("/pyagent").size(), 1U) << "asked for while the first was at work";
  support::TestContext patient;
  EXPECT_EQ(handler.handle(event, patient.context), json::object()) << "its turn came";
  EXPECT_EQ(first.get(), json::object());
}

TEST_F(ConfigUpdateTest, E14_names_are_escaped) {
  EXPECT_EQ(update({{{"name", "a b"}}, {{"name", "a?b=c#d"}}, {{"name", "100%"}}}), json::object());
  EXPECT_THAT(puts(), ElementsAre("/v1/configcontent/a%20b?version=latest",
                                  "/v1/configcontent/a%3Fb%3Dc%23d?version=latest",
                                  "/v1/configcontent/100%25?version=latest"));
}

TEST_F(ConfigUpdateTest, names_that_would_be_another_path_are_not_asked_for) {
  EXPECT_EQ(update({{{"name", "../publish"}},
                    {{"name", "a/b"}},
                    {{"name", "a\\b"}},
                    {{"name", "a\nb"}},
                    {{"name", ""}},
                    {{"name", ".."}}}),
            json::object());
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_THROW(static_cast<void>(update("text")), RequestError);
}

TEST_F(ConfigUpdateTest, H007_a_hanging_update_holds_no_ping_up) {
  server_.answer("/pyagent", {.kind = support::ServerAnswer::Kind::hang});
  auto updating = std::async(std::launch::async, [this] { return update({{{"name", "pyagent"}}}, 3s); });
  ASSERT_TRUE(server_.wait_requests("/pyagent", 1));
  const support::FakeEngine fake;
  docker::EngineOptions engine_options;
  engine_options.host = fake.docker_host();
  const docker::Client engine(engine_options);
  HostOptions options;
  options.host_key_file = directory_.path() + "/host.key";
  const ContainerChanges changes;
  Ping ping(options, engine, changes);
  support::TestContext own;
  EXPECT_TRUE(ping.handle(make_event("ping", {{"options", {{"instances", true}}}}), own.context).has_value());
  EXPECT_EQ(updating.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(updating.get(), json::object());
}

}  // namespace
}  // namespace cattle::handlers
