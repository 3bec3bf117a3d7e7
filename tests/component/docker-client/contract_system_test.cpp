// SPDX-License-Identifier: Apache-2.0
#include "tests/component/docker-client/contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

namespace cattle::docker {
namespace {

using ::testing::HasSubstr;

TEST_F(EngineContract, engine_describes_itself) {
  client_->ping(call_);
  const Version version = client_->version(call_);
  EXPECT_FALSE(version.version.empty());
  EXPECT_TRUE(api_at_least(version.api_version, "1.24"));
  EXPECT_TRUE(api_at_least(version.used_api_version, "1.24"));
  EXPECT_TRUE(api_at_least(version.api_version, version.used_api_version));
  const Info info = client_->info(call_);
  EXPECT_FALSE(info.id.empty());
  EXPECT_FALSE(info.driver.empty());
  EXPECT_FALSE(info.root_dir.empty());
  EXPECT_FALSE(info.operating_system.empty());
  EXPECT_GT(info.cpus, 0);
  EXPECT_GT(info.memory, 0);
}

TEST_F(EngineContract, S50_version_is_asked_once) {
  std::vector<std::string> paths;
  call_.observer = [&paths](const CallRecord& record) { paths.push_back(record.method + " " + record.path); };
  static_cast<void>(client_->info(call_));
  static_cast<void>(client_->known_version(call_));
  static_cast<void>(client_->info(call_));
  EXPECT_EQ(paths, (std::vector<std::string>{"GET /version", "GET /info", "GET /info"}));
}

TEST_F(EngineContract, volume_lives_from_create_to_remove) {
  const std::string volume = name("volume");
  EXPECT_FALSE(client_->inspect_volume(volume, call_));
  const Volume made = client_->create_volume(volume, "", {}, call_);
  EXPECT_EQ(made.name, volume);
  EXPECT_EQ(made.driver, "local");
  EXPECT_THAT(made.mountpoint, HasSubstr(volume));
  EXPECT_EQ(client_->create_volume(volume, "local", {}, call_).name, volume) << "again is no failure";
  const auto list = client_->list_volumes(call_);
  EXPECT_TRUE(std::any_of(list.begin(), list.end(), [&](const Volume& one) { return one.name == volume; }));
  EXPECT_TRUE(client_->inspect_volume(volume, call_));

  auto user = body();
  user["HostConfig"]["Binds"] = {volume + ":/data", "/tmp:/host:ro"};
  const std::string id = create("volume-user", user);
  EXPECT_EQ(client_->remove_volume(volume, call_), RemoveOutcome::in_use);
  const auto container = client_->inspect_container(id, call_);
  ASSERT_TRUE(container);
  int seen = 0;
  for (const auto& mount : container->raw.at("Mounts")) {
    if (mount.at("Destination") == "/data") {
      ++seen;
      EXPECT_EQ(mount.at("Type"), "volume");
      EXPECT_EQ(mount.at("Name"), volume);
      EXPECT_EQ(mount.at("RW"), true);
      EXPECT_EQ(mount.at("Source"), made.mountpoint);
    } else if (mount.at("Destination") == "/host") {
      ++seen;
      EXPECT_EQ(mount.at("Type"), "bind");
      EXPECT_EQ(mount.at("Source"), "/tmp");
      EXPECT_EQ(mount.at("RW"), false);
    }
  }
  EXPECT_EQ(seen, 2);
  remove(id);
  EXPECT_EQ(client_->remove_volume(volume, call_), RemoveOutcome::removed);
  EXPECT_EQ(client_->remove_volume(volume, call_), RemoveOutcome::absent);
}

TEST_F(EngineContract, anonymous_volumes_go_with_their_container_when_asked) {
  auto user = body();
  user["Volumes"] = {{"/scratch", nlohmann::json::object()}};
  const std::string id = create("anonymous", user);
  const auto container = client_->inspect_container(id, call_);
  ASSERT_TRUE(container);
  const std::string volume = container->raw.at("Mounts").at(0).at("Name");
  EXPECT_TRUE(client_->inspect_volume(volume, call_));
  RemoveContainerOptions options;
  options.volumes = true;
  EXPECT_EQ(client_->remove_container(id, options, call_), ContainerRemoveOutcome::removed);
  EXPECT_FALSE(client_->inspect_volume(volume, call_));
}

TEST_F(EngineContract, volume_driver_that_is_not_there_is_named) {
  try {
    static_cast<void>(client_->create_volume(name("driver"), "no-such-driver", {}, call_));
    FAIL() << "created";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.what(), HasSubstr("no-such-driver"));
  }
}

TEST_F(EngineContract, events_are_followed_until_cancelled) {
  std::stop_source source;
  Call following;
  following.stop = source.get_token();
  std::atomic<bool> connected{false};
  std::vector<EngineEvent> events;
  const auto since =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::string id = create("events", body({"true"}));
  std::thread follower([&] {
    const std::string filters = R"({"type":["container"],"container":[")" + id + "\"]}";
    client_->events(
        filters, since.count() - 1,
        [&](const EngineEvent& event) {
          events.push_back(event);
          connected = true;
          if (event.action == "destroy") source.request_stop();
        },
        following);
  });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!connected && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_EQ(client_->start_container(id, call_), StartOutcome::started);
  static_cast<void>(client_->wait_container(id, call_));
  remove(id);
  follower.join();
  std::vector<std::string> actions;
  for (const auto& event : events) {
    actions.push_back(event.action);
    EXPECT_EQ(event.type, "container");
    EXPECT_EQ(event.actor_id, id);
    EXPECT_EQ(event.attributes.at("image"), target_->image);
    EXPECT_EQ(event.attributes.at("name"), name("events"));
    EXPECT_GE(event.time, since.count() - 1);
  }
  EXPECT_EQ(actions, (std::vector<std::string>{"create", "start", "die", "destroy"}));
}

}  // namespace
}  // namespace cattle::docker
