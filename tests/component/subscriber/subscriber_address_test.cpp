// SPDX-License-Identifier: Apache-2.0
// Where a subscriber looks for its server and its project, and with which key.
#include "tests/component/subscriber/subscriber_fixture.hpp"
#include "tests/support/fake_server.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cattle::subscriber {
namespace {

using nlohmann::json;
using support::FakeServer;
using support::ServerAnswer;

ServerAnswer answer(int status, const json& body = json::object()) {
  ServerAnswer result;
  result.status = status;
  result.body = body.dump();
  return result;
}

TEST(Subscriber, E20_E22_a_version_in_the_url_is_cut_off_and_only_the_option_counts) {
  FakeServer server;
  struct Case {
    const char* path;
    const char* project;
    const char* version;
    const char* expected;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", "", "v2-beta", "/v2-beta/subscribe"},
           {"/", "", "v2-beta", "/v2-beta/subscribe"},
           {"/v1", "", "v2-beta", "/v2-beta/subscribe"},
           {"/v1/", "", "v2-beta", "/v2-beta/subscribe"},
           {"/v2-beta", "", "v1", "/v1/subscribe"},
           {"/v1", "1a5", "v2-beta", "/v2-beta/projects/1a5/subscribe"},
           {"/v1/projects/1a7", "", "v2-beta", "/v2-beta/projects/1a7/subscribe"},
           {"/behind/a/path/v1", "", "v2-beta", "/behind/a/path/v2-beta/subscribe"}}) {
    const auto before = server.subscribed();
    auto options = fast(server.url(c.path));
    options.project = c.project;
    options.api_version = c.version;
    Subscriber subscriber(options);
    subscriber.on("ping", [](const Event&) {});
    subscriber.start();
    ASSERT_TRUE(server.wait_subscribed(before + 1)) << c.path;
    EXPECT_EQ(server.requests("/subscribe").back().path, c.expected);
  }
}

TEST(Subscriber, E21_a_persons_key_is_led_to_its_only_project) {
  FakeServer server;
  server.answer("/v2-beta/subscribe", answer(404));
  server.answer("/v2-beta/projects", answer(503), 1);
  server.answer("/v2-beta/projects",
                answer(200, {{"data",
                              {{{"id", "1a5"}, {"name", "Default"}, {"state", "active"}},
                               {{"id", "1a6"}, {"name", "Gone"}, {"state", "removed"}}}}}));
  Subscriber subscriber(fast(server.url("/v1")));
  subscriber.on("resource.change", [](const Event&) {});
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  EXPECT_EQ(server.requests("/subscribe").back().path, "/v2-beta/projects/1a5/subscribe");
  EXPECT_TRUE(wait([&] { return subscriber.healthy(); }));
  EXPECT_EQ(server.most_open(), 1U);
}

TEST(Subscriber, E21_a_key_that_was_taken_without_a_project_is_asked_for_none_when_404_passes_by) {
  FakeServer server;
  server.answer("/v2-beta/projects", answer(200, {{"data", json::array()}}));
  Names outages;
  Subscriber subscriber(fast(server.url()));
  subscriber.on("resource.change", [](const Event&) {});
  subscriber.on_outage([&](const Outage& outage) { outages.add(std::to_string(outage.status)); });
  subscriber.start();
  ASSERT_TRUE(server.wait_subscribed(1));
  ASSERT_TRUE(wait([&] { return subscriber.healthy(); }));
  server.answer("/v2-beta/subscribe", answer(404), 3);
  server.cut();
  ASSERT_TRUE(server.wait_subscribed(2));
  ASSERT_TRUE(wait([&] { return subscriber.healthy(); }));
  EXPECT_EQ(outages.copy(), (std::vector<std::string>{"0", "404"})) << "an outage like any other";
  EXPECT_TRUE(server.requests("/projects").empty());
  EXPECT_EQ(subscriber.failure(), "");
}

TEST(Subscriber, E21_a_subscription_that_comes_about_while_projects_are_asked_for_is_kept) {
  FakeServer server;
  server.answer("/v2-beta/subscribe", answer(404), 1);
  auto late = answer(200, {{"data", json::array()}});
  late.delay = std::chrono::milliseconds(500);
  server.answer("/v2-beta/projects", late);
  Subscriber subscriber(fast(server.url()));
  subscriber.on("resource.change", [](const Event&) {});
  subscriber.start();
  ASSERT_TRUE(server.wait_requests("/projects", 1));
  ASSERT_TRUE(server.wait_subscribed(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  EXPECT_EQ(server.open(), 1U);
  EXPECT_TRUE(subscriber.healthy());
  EXPECT_EQ(subscriber.failure(), "");
}

TEST(Subscriber, E21_several_projects_are_named) {
  FakeServer server;
  server.answer("/v2-beta/subscribe", answer(404));
  server.answer(
      "/v2-beta/projects",
      answer(200, {{"data", {{{"id", "1a5"}, {"name", "Default"}}, {{"id", "1a7"}, {"name", "Shop"}}}}}));
  Subscriber subscriber(fast(server.url()));
  subscriber.on("resource.change", [](const Event&) {});
  try {
    subscriber.run();
    FAIL() << "it went on";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "this key may see several projects, name one of them: 1a5 (Default), 1a7 (Shop)");
  }
}

TEST(Subscriber, E21_a_foreign_project_is_told_from_a_wrong_key) {
  FakeServer server;
  const std::map<int, std::string> told = {{403, "no access to this project"},
                                           {401, "does not know this key"}};
  for (const auto& [status, words] : told) {
    Names names;
    server.answer("/subscribe", answer(status));
    auto options = fast(server.url());
    options.project = "1a99";
    Subscriber subscriber(options);
    subscriber.on_outage([&](const Outage& outage) { names.add(outage.detail); });
    subscriber.start();
    ASSERT_TRUE(wait([&] { return !names.copy().empty(); }));
    EXPECT_NE(names.copy()[0].find(words), std::string::npos) << names.copy()[0];
  }
}

TEST(SubscriberOptions, E22_come_from_the_environment_and_what_is_missing_is_named) {
  const std::vector<std::pair<const char*, const char*>> all = {
      {"CATTLE_URL", "http://h:8080/v1"}, {"CATTLE_ACCESS_KEY", "a"}, {"CATTLE_SECRET_KEY", "s"}};
  for (const auto& [name, value] : all) setenv(name, value, 1);
  unsetenv("HEALTH_PORT");
  const auto options = SubscriberOptions::from_environment();
  EXPECT_EQ(options.connection.url, "http://h:8080/v1");
  EXPECT_EQ(options.connection.access_key, "a");
  EXPECT_EQ(options.connection.secret_key.reveal(), "s");
  EXPECT_EQ(options.health_port, 10240);
  setenv("HEALTH_PORT", "8081", 1);
  EXPECT_EQ(SubscriberOptions::from_environment().health_port, 8081);
  for (const char* wrong : {"0", "70000", "x", "80x"}) {
    setenv("HEALTH_PORT", wrong, 1);
    EXPECT_THROW((void)SubscriberOptions::from_environment(), std::invalid_argument) << wrong;
  }
  unsetenv("HEALTH_PORT");
  for (const auto& [name, value] : all) {
    unsetenv(name);
    try {
      (void)SubscriberOptions::from_environment();
      FAIL() << name;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
    }
    setenv(name, value, 1);
  }
  for (const auto& [name, value] : all) unsetenv(name);
}

}  // namespace
}  // namespace cattle::subscriber
