// SPDX-License-Identifier: Apache-2.0
// What a real engine can't be made to show on demand: it goes, hangs, is replaced, breaks off.
#include "docker-client/client.hpp"
#include "tests/support/fake_engine.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

namespace cattle::docker {
namespace {

using std::chrono::milliseconds;
using support::Fault;
using support::PullBehaviour;
using ::testing::HasSubstr;

class EngineFaults : public ::testing::Test {
 protected:
  EngineFaults() {
    options_.host = fake_.docker_host();
    options_.stream_idle = milliseconds(300);
    fake_.add_image("busybox:latest", {{"Cmd", {"sh"}}});
    id_ = fake_.add_container("web", {{"Image", "busybox:latest"}});
    fake_.set_pull("big:1", {});
  }

  Client& client() {
    if (!client_) client_ = std::make_unique<Client>(options_);
    return *client_;
  }

  template <typename Function>
  Error error_of(const Function& function) {
    try {
      function();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorKind::engine, 0, "", ""};
  }

  Error pull_error(const std::string& image) {
    return error_of([&] { client().pull_image(parse_image_reference(image), std::nullopt, {}, call_); });
  }

  void inject(Fault::Kind kind, const std::string& path, int times = 1) {
    Fault fault;
    fault.kind = kind;
    fault.path_contains = path;
    fault.times = times;
    fake_.inject(fault);
  }

  static support::FakeEngineOptions engine(const char* version, const char* newest, const char* oldest) {
    support::FakeEngineOptions options;
    options.version = version;
    options.api_version = newest;
    options.min_api_version = oldest;
    return options;
  }

  support::FakeEngine fake_;
  EngineOptions options_;
  std::unique_ptr<Client> client_;
  std::string id_;
  Call call_;
};

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

TEST_F(EngineFaults, pull_that_breaks_off_is_unavailable) {
  Fault cut;
  cut.kind = Fault::Kind::cut;
  cut.path_contains = "/images/create";
  cut.bytes = 200;
  fake_.inject(cut);
  EXPECT_EQ(pull_error("big:1").kind(), ErrorKind::unavailable);
  EXPECT_FALSE(fake_.has_image("big:1"));
}

TEST_F(EngineFaults, pull_in_an_engine_that_is_killed_is_unavailable) {
  PullBehaviour slow;
  slow.line_pause = milliseconds(50);
  fake_.set_pull("slow:1", slow);
  std::jthread killer([this] {
    EXPECT_TRUE(fake_.wait_for_calls("POST", "/images/create", 1));
    fake_.stop();
  });
  EXPECT_EQ(pull_error("slow:1").kind(), ErrorKind::unavailable);
}

TEST_F(EngineFaults, pull_that_falls_silent_is_a_timeout) {
  PullBehaviour silent;
  silent.line_pause = std::chrono::seconds(30);
  fake_.set_pull("silent:1", silent);
  EXPECT_EQ(pull_error("silent:1").kind(), ErrorKind::timeout);
}

TEST_F(EngineFaults, slow_pull_ticks_and_ends_well) {
  PullBehaviour slow;
  slow.layers = 1;
  slow.line_pause = milliseconds(250);
  fake_.set_pull("slow:1", slow);
  int ticks = 0;
  StreamCallbacks callbacks;
  callbacks.on_tick = [&ticks] { ++ticks; };
  client().pull_image(parse_image_reference("slow:1"), std::nullopt, callbacks, call_);
  EXPECT_GE(ticks, 1);
  EXPECT_TRUE(fake_.has_image("slow:1"));
}

TEST_F(EngineFaults, errors_in_the_stream_under_200_are_told_apart) {
  const std::pair<const char*, ErrorKind> cases[] = {
      {"write /var/lib/docker/tmp/x: no space left on device", ErrorKind::no_space},
      {"toomanyrequests: slow down", ErrorKind::rate_limited},
      {"unauthorized: authentication required", ErrorKind::unauthorized},
      {"dial tcp 10.0.0.1:443: i/o timeout", ErrorKind::network},
      {"filesystem layer verification failed", ErrorKind::engine}};
  for (const auto& [text, kind] : cases) {
    PullBehaviour failing;
    failing.error = text;
    fake_.set_pull("bad:1", failing);
    const Error error = pull_error("bad:1");
    EXPECT_EQ(error.kind(), kind) << text;
    EXPECT_EQ(error.engine_message(), text);
  }
}

TEST_F(EngineFaults, exception_from_a_callback_comes_out) {
  StreamCallbacks callbacks;
  callbacks.on_message = [](const StreamMessage&) { throw std::logic_error("mine"); };
  EXPECT_THROW(client().pull_image(parse_image_reference("big:1"), std::nullopt, callbacks, call_),
               std::logic_error);
  EXPECT_TRUE(client().inspect_container(id_, call_)) << "the client goes on";
}

TEST_F(EngineFaults, build_error_is_thrown_and_the_url_is_not_recorded) {
  PullBehaviour failing;
  failing.error = "The command '/bin/sh -c false' returned a non-zero code: 1";
  fake_.set_pull("mine:1", failing);
  std::string recorded;
  call_.observer = [&recorded](const CallRecord& record) { recorded += record.path + "\n"; };
  BuildOptions options;
  options.remote = "https://user:planted@git.invalid/x.git";
  options.tag = "mine:1";
  EXPECT_EQ(error_of([&] { client().build_image(options, {}, call_); }).engine_message(), failing.error);
  EXPECT_THAT(recorded, HasSubstr("/build\n"));
  EXPECT_THAT(recorded, ::testing::Not(HasSubstr("planted")));
}

TEST_F(EngineFaults, pull_makes_one_request_with_the_tag) {
  static_cast<void>(client().known_version(call_));
  fake_.clear_calls();
  fake_.set_pull("plain:latest", {});
  client().pull_image({"plain", "", false}, std::nullopt, {}, call_);
  const auto calls = fake_.calls();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].query.at("tag"), "latest");
  EXPECT_EQ(calls[0].headers.count("x-registry-auth"), 0U);
  EXPECT_EQ(calls[0].headers.count("expect"), 0U);
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

TEST_F(EngineFaults, S51_events_of_the_newest_engine_are_read) {
  fake_.restart(engine("31.0.0", "1.60", "1.52"));
  std::stop_source source;
  Call following;
  following.stop = source.get_token();
  std::jthread starter([this] {
    EXPECT_TRUE(fake_.wait_for_calls("GET", "/events", 1));
    static_cast<void>(client().start_container(id_, call_));
  });
  EngineEvent seen;
  client().events(R"({"type":["container"],"event":["start"]})", 1,
                  [&](const EngineEvent& event) {
                    seen = event;
                    source.request_stop();
                  },
                  following);
  EXPECT_EQ(seen.actor_id, id_);
  EXPECT_EQ(seen.attributes.at("image"), "busybox:latest");
}

TEST_F(EngineFaults, stream_of_events_that_ends_is_unavailable) {
  std::jthread killer([this] {
    EXPECT_TRUE(fake_.wait_for_calls("GET", "/events", 1));
    fake_.stop();
  });
  EXPECT_EQ(error_of([&] {
              client().events(
                  "", std::nullopt, [](const EngineEvent&) {}, call_);
            }).kind(),
            ErrorKind::unavailable);
}

TEST_F(EngineFaults, only_known_schemes_are_taken) {
  EngineOptions options;
  options.host = "ssh://somewhere";
  EXPECT_THROW(Client{options}, Error);
}

}  // namespace
}  // namespace cattle::docker
