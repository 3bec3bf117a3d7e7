// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_pull.hpp"
#include "handlers/resource_key.hpp"
#include "handlers/storage/image_build.hpp"
#include "handlers/storage/image_pull.hpp"
#include "handlers/storage/pull_failure.hpp"
#include "handlers/storage/pull_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace cattle::handlers {
namespace {

using docker::StreamMessage;
using nlohmann::json;

std::vector<std::string> texts(const std::vector<StreamMessage>& messages) {
  PullProgress progress;
  std::vector<std::string> lines;
  for (const auto& message : messages) {
    if (const auto line = progress.add(message)) lines.push_back(line->text);
  }
  return lines;
}

StreamMessage status(const std::string& text) {
  return {"", text, "", 0, 0};
}

TEST(PullProgress, H117_a_line_for_each_change) {
  EXPECT_EQ(texts({status("A"), status("A"), status("B"), status("A")}),
            (std::vector<std::string>{"A", "B", "A"}));
}

TEST(PullProgress, E17_layers_are_summed_up_and_the_images_own_lines_stay) {
  constexpr std::int64_t kMega = 1'000'000;
  EXPECT_EQ(texts({{"1", "Pulling from team/app", "", 0, 0},
                   {"a", "Pulling fs layer", "", 0, 0},
                   {"b", "Already exists", "", 0, 0},
                   {"a", "Downloading", "", 12 * kMega + 100'000, 80 * kMega},
                   {"a", "Download complete", "", 0, 0},
                   {"a", "Extracting", "", 5, 80 * kMega},
                   {"a", "Pull complete", "", 0, 0},
                   status("Digest: sha256:1"),
                   status("Status: Downloaded newer image for team/app:1")}),
            (std::vector<std::string>{"Pulling from team/app", "Downloading: 0 of 1 layers",
                                      "Downloading: 0 of 1 layers, 12.1 of 80.0 MB",
                                      "Extracting: 0 of 1 layers", "Pull complete: 1 layers",
                                      "Digest: sha256:1", "Status: Downloaded newer image for team/app:1"}));
}

TEST(PullProgress, the_percentage_never_falls_and_leaves_the_end_to_the_reply) {
  PullProgress progress;
  int last = 0;
  for (const auto* id : {"a", "b", "c"}) {
    for (const auto* text : {"Pulling fs layer", "Downloading", "Download complete", "Pull complete"}) {
      const auto line = progress.add({id, text, "", 5, 10});
      if (!line || !line->percent) continue;
      EXPECT_GE(*line->percent, last);
      last = *line->percent;
    }
  }
  EXPECT_EQ(last, 99);
}

TEST(PullProgress, E17_a_layer_that_is_here_already_is_no_progress) {
  PullProgress progress;
  EXPECT_FALSE(progress.add({"a", "Already exists", "", 0, 0}));
  const auto begun = progress.add({"b", "Pulling fs layer", "", 0, 0});
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->text, "Downloading: 0 of 1 layers");
  EXPECT_EQ(begun->percent, 0);
  EXPECT_FALSE(begun->about_image);
  const auto word = progress.add(status("Digest: sha256:1"));
  ASSERT_TRUE(word);
  EXPECT_TRUE(word->about_image);
}

TEST(PullProgress, a_registry_that_never_stops_talking_is_not_always_heard_at_once) {
  PullProgress progress;
  int at_once = 0;
  for (int number = 0; number < 1'000; ++number) {
    const auto line = progress.add(status("line " + std::to_string(number)));
    ASSERT_TRUE(line);
    if (line->about_image) ++at_once;
  }
  EXPECT_LE(at_once, 16);
}

TEST(ImagePulls, one_name_for_one_image) {
  for (const std::string name :
       {"docker:nginx", "nginx:latest", "index.docker.io/library/nginx", "docker.io/nginx:latest"}) {
    EXPECT_EQ(canonical_image_name(name), "nginx:latest") << name;
  }
  EXPECT_EQ(canonical_image_name("reg:5000/a/b"), "reg:5000/a/b:latest");
  EXPECT_EQ(canonical_image_name("quay.io/a/b@sha256:1"), "quay.io/a/b@sha256:1");
}

TEST(ImageBuild, H101_github_is_reached_over_https) {
  EXPECT_EQ(build_remote("git@github.com:a/b.git"), "https://github.com/a/b.git");
  EXPECT_EQ(build_remote("git://github.com/a/b.git#main"), "https://github.com/a/b.git#main");
  EXPECT_EQ(build_remote("https://example.com/x.tar"), "https://example.com/x.tar");
}

TEST(PullFailure, H93_each_cause_has_its_words_beside_the_engines) {
  const docker::RegistryAuth auth{"anna", "hidden", "", ""};
  const auto text = [&](docker::ErrorKind kind) {
    return pull_failure("a:1", auth, docker::Error(kind, 500, "POST /images/create", "own words"));
  };
  std::vector<std::string> all;
  for (const auto kind :
       {docker::ErrorKind::not_found, docker::ErrorKind::unauthorized, docker::ErrorKind::rate_limited,
        docker::ErrorKind::network, docker::ErrorKind::no_space, docker::ErrorKind::unavailable,
        docker::ErrorKind::timeout, docker::ErrorKind::engine}) {
    EXPECT_THAT(text(kind), ::testing::AllOf(::testing::HasSubstr("own words"), ::testing::HasSubstr("a:1")));
    EXPECT_THAT(text(kind), ::testing::Not(::testing::HasSubstr("hidden")));
    EXPECT_THAT(all, ::testing::Not(::testing::Contains(text(kind))));
    all.push_back(text(kind));
  }
  EXPECT_THAT(text(docker::ErrorKind::unauthorized), ::testing::HasSubstr("anna"));
}

Event event_with(json data) {
  Event event;
  event.resource_type = "instanceHostMap";
  event.resource_id = "1ihm7";
  event.data = std::move(data);
  return event;
}

TEST(ResourceKey, an_instance_and_its_root_volume_are_one_thing) {
  const json row = {{"uuid", "u-1"}, {"externalId", "d-1"}};
  const auto map = instance_key(event_with({{"instanceHostMap", {{"instance", row}}}}));
  EXPECT_EQ(map.key, "instance:u-1");
  EXPECT_EQ(map.alias, "container:d-1");
  const auto root = volume_key(
      event_with({{"volumeStoragePoolMap", {{"volume", {{"deviceNumber", 0}, {"instance", row}}}}}}));
  EXPECT_EQ(root.key, map.key);
  EXPECT_EQ(container_key(event_with({{"instanceForceStop", {{"id", "d-1"}}}})).key, map.alias);
}

TEST(ResourceKey, volumes_and_images_go_by_name) {
  const auto volume = [](const json& row) {
    return volume_key(event_with({{"volumeStoragePoolMap", {{"volume", row}}}})).key;
  };
  EXPECT_EQ(volume({{"name", "v"}, {"deviceNumber", -1}}), "volume:v");
  EXPECT_EQ(volume({{"name", "v"}, {"deviceNumber", nullptr}}), "volume:v");
  EXPECT_EQ(volume({{"name", nullptr}}), "instanceHostMap:1ihm7");
  const auto activated =
      image_key(event_with({{"imageStoragePoolMap", {{"image", {{"name", "index.docker.io/nginx:1"}}}}}}));
  const auto pulled = image_key(event_with(
      {{"instancePull",
        {{"image",
          {{"data", {{"dockerImage", {{"fullName", "nginx:1"}, {"server", "index.docker.io"}}}}}}}}}}));
  EXPECT_EQ(activated.key, "image:nginx:1");
  EXPECT_EQ(pulled.key, activated.key);
}

TEST(ResourceKey, no_shape_of_data_throws) {
  for (const json& data :
       {json(nullptr), json(5), json::array(), json({{"instanceHostMap", 5}}),
        json({{"instanceHostMap", {{"instance", {{"uuid", 7}}}}}}),
        json({{"volumeStoragePoolMap", {{"volume", {{"deviceNumber", "0"}, {"name", 3}}}}}})}) {
    for (const auto key : {instance_key, volume_key, image_key, container_key, resource_key}) {
      EXPECT_EQ(key(event_with(data)).key, "instanceHostMap:1ihm7") << data;
    }
  }
  EXPECT_EQ(resource_key(Event()).key, "");
}

}  // namespace
}  // namespace cattle::handlers
