// SPDX-License-Identifier: Apache-2.0
// What a real engine can't be made to show on demand: it goes, hangs, is replaced, breaks off.
#include "tests/component/docker-client/engine_faults_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace cattle::docker {
namespace {

using std::chrono::milliseconds;
using support::Fault;
using ::testing::HasSubstr;

TEST_F(EngineFaults, S50_engine_that_starts_at_144_is_asked_in_144) {
  fake_.restart(engine("29.6.2", "1.52", "1.44"));
  EXPECT_EQ(client().known_version(call_).used_api_version, "1.44");
  const nlohmann::json body{
      {"Image", "busybox:latest"},
      {"NetworkingConfig", {{"EndpointsConfig", {{"bridge", {{"MacAddress", "02:42:00:00:00:07"}}}}}}}};
  const std::string id = client().create_container("modern", body, call_).id;
  EXPECT_EQ(client().start_container(id, call_), StartOutcome::started);
  const auto container = client().inspect_container(id, call_);
  ASSERT_TRUE(container);
  EXPECT_EQ(container->raw.at("NetworkSettings").at("Networks").at("bridge").at("MacAddress"),
            "02:42:00:00:00:07");
  EXPECT_FALSE(container->raw.at("Config").contains("MacAddress"));
  for (const auto& call : fake_.calls("", "/containers")) EXPECT_EQ(call.api_version, "1.44");
}

TEST_F(EngineFaults, R54_a_change_that_takes_long_is_not_given_up_like_a_look) {
  options_.quick_timeout = milliseconds(200);
  options_.change_timeout = milliseconds(5'000);
  static_cast<void>(client().known_version(call_));
  fake_.set_delay(milliseconds(400));
  EXPECT_EQ(client().start_container(id_, call_), StartOutcome::already_started);
  EXPECT_EQ(error_of([&] { static_cast<void>(client().inspect_container(id_, call_)); }).kind(),
            ErrorKind::timeout);
}

TEST_F(EngineFaults, S50_newest_shapes_are_read) {
  fake_.restart(engine("31.0.0", "1.60", "1.52"));
  static_cast<void>(client().start_container(id_, call_));
  const auto container = client().inspect_container(id_, call_);
  ASSERT_TRUE(container);
  EXPECT_FALSE(container->raw.at("NetworkSettings").contains("IPAddress"));
  EXPECT_FALSE(container->raw.at("NetworkSettings")
                   .at("Networks")
                   .at("bridge")
                   .at("IPAddress")
                   .get<std::string>()
                   .empty());
}

TEST_F(EngineFaults, S50_engine_that_is_too_new_is_named) {
  fake_.restart(engine("40.0.0", "1.70", "1.60"));
  EXPECT_THAT(error_of([&] { static_cast<void>(client().info(call_)); }).what(), HasSubstr("1.60 to 1.70"));
}

TEST_F(EngineFaults, replaced_engine_is_noticed_in_both_directions) {
  static_cast<void>(client().info(call_));
  fake_.restart(engine("29.6.2", "1.52", "1.44"));
  static_cast<void>(client().info(call_));
  EXPECT_EQ(client().known_version(call_).version, "29.6.2");
  EXPECT_EQ(client().known_version(call_).used_api_version, "1.44");
  fake_.restart(engine("20.10.24", "1.41", "1.12"));
  static_cast<void>(client().info(call_));
  EXPECT_EQ(client().known_version(call_).used_api_version, "1.24");
}

TEST_F(EngineFaults, replaced_engine_that_accepts_our_version_is_noticed_by_its_headers) {
  static_cast<void>(client().info(call_));
  fake_.restart(engine("24.0.9", "1.43", "1.12"));
  static_cast<void>(client().info(call_));
  EXPECT_EQ(client().known_version(call_).api_version, "1.43");
}

TEST_F(EngineFaults, engine_that_is_away_is_unavailable_until_it_is_back) {
  static_cast<void>(client().info(call_));
  fake_.stop();
  const Error error = error_of([&] { static_cast<void>(client().inspect_container(id_, call_)); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_EQ(error.status(), 0);
  EXPECT_THAT(error.what(), HasSubstr(fake_.socket_path()));
  fake_.start();
  EXPECT_TRUE(client().inspect_container(id_, call_));
}

TEST_F(EngineFaults, engine_that_hangs_is_a_timeout) {
  static_cast<void>(client().info(call_));
  inject(Fault::Kind::hang, "/json", -1);
  call_.deadline = std::chrono::steady_clock::now() + milliseconds(200);
  EXPECT_EQ(error_of([&] { static_cast<void>(client().inspect_container(id_, call_)); }).kind(),
            ErrorKind::timeout);
}

TEST_F(EngineFaults, S41_stale_connection_is_repeated_once_and_a_new_one_is_not) {
  static_cast<void>(client().info(call_));
  inject(Fault::Kind::drop, "/json");
  EXPECT_TRUE(client().inspect_container(id_, call_));
  EXPECT_EQ(fake_.calls("GET", "/json").size(), 2U);
  fake_.clear_calls();
  inject(Fault::Kind::drop, "/json", -1);
  EXPECT_EQ(error_of([&] { static_cast<void>(client().inspect_container(id_, call_)); }).kind(),
            ErrorKind::unavailable);
  EXPECT_EQ(fake_.calls("GET", "/json").size(), 2U);
}

TEST_F(EngineFaults, answer_that_is_no_json_or_breaks_off_is_told) {
  inject(Fault::Kind::garbage, "/json");
  EXPECT_EQ(error_of([&] { static_cast<void>(client().inspect_container(id_, call_)); }).kind(),
            ErrorKind::bad_response);
  Fault cut;
  cut.kind = Fault::Kind::cut;
  cut.path_contains = "/json";
  cut.bytes = 40;
  fake_.inject(cut);
  EXPECT_EQ(error_of([&] { static_cast<void>(client().inspect_container(id_, call_)); }).kind(),
            ErrorKind::unavailable);
}

TEST_F(EngineFaults, idle_connections_are_few_after_a_crowd) {
  fake_.set_delay(milliseconds(50));
  {
    std::vector<std::jthread> crowd;
    crowd.reserve(32);
    for (int i = 0; i < 32; ++i)
      crowd.emplace_back([this, &one = client()] { EXPECT_TRUE(one.inspect_container(id_, call_)); });
  }
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (fake_.connections() > 4 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_LE(fake_.connections(), 4U);
}

TEST_F(EngineFaults, only_known_schemes_are_taken) {
  EngineOptions options;
  options.host = "ssh://somewhere";
  EXPECT_THROW(Client{options}, Error);
}

}  // namespace
}  // namespace cattle::docker
