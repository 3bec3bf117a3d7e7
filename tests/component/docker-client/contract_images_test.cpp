// SPDX-License-Identifier: Apache-2.0
#include "tests/component/docker-client/contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace cattle::docker {
namespace {

using ::testing::HasSubstr;

std::optional<ErrorKind> pull(const Client& client, const std::string& image,
                              const std::optional<RegistryAuth>& auth,
                              std::vector<StreamMessage>* messages = nullptr) {
  StreamCallbacks callbacks;
  callbacks.on_message = [messages](const StreamMessage& message) {
    if (messages != nullptr) messages->push_back(message);
  };
  try {
    client.pull_image(parse_image_reference(image), auth, callbacks, {});
    return std::nullopt;
  } catch (const Error& error) {
    return error.kind();
  }
}

TEST_F(EngineContract, image_is_inspected_tagged_and_untagged) {
  EXPECT_FALSE(client_->inspect_image("cattle.invalid/no/such:image", call_));
  const auto image = client_->inspect_image(target_->image, call_);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->id.rfind("sha256:", 0), 0U);
  EXPECT_THAT(image->repo_tags, ::testing::Contains(target_->image));
  EXPECT_FALSE(image->cmd.empty());
  const std::string repository = "localhost:5000/contract/" + name("tag");
  client_->tag_image(target_->image, repository, "one", call_);
  const auto tagged = client_->inspect_image(repository + ":one", call_);
  ASSERT_TRUE(tagged);
  EXPECT_EQ(tagged->id, image->id);
  EXPECT_TRUE(client_->inspect_image(image->id, call_));
  const auto list = client_->list_images(call_);
  EXPECT_TRUE(
      std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.at("Id") == image->id; }));
  EXPECT_EQ(client_->remove_image(repository + ":one", false, true, call_), RemoveOutcome::removed);
  EXPECT_EQ(client_->remove_image(repository + ":one", false, true, call_), RemoveOutcome::absent);
  EXPECT_TRUE(client_->inspect_image(target_->image, call_)) << "only the other name is gone";
  EXPECT_THROW(client_->tag_image("cattle.invalid/no/such:image", repository, "x", call_), Error);
}

TEST_F(EngineContract, image_in_use_is_not_removed) {
  create("image-user", body());
  EXPECT_EQ(client_->remove_image(target_->image, false, true, call_), RemoveOutcome::in_use);
  EXPECT_TRUE(client_->inspect_image(target_->image, call_));
}

TEST_F(EngineContract, pull_asks_for_the_credential_and_shows_progress) {
  static_cast<void>(client_->remove_image(target_->registry_image, true, false, call_));
  EXPECT_EQ(pull(*client_, target_->registry_image, std::nullopt), ErrorKind::unauthorized);
  RegistryAuth wrong = target_->credential;
  wrong.password = "wrong";
  EXPECT_EQ(pull(*client_, target_->registry_image, wrong), ErrorKind::unauthorized);
  EXPECT_FALSE(client_->inspect_image(target_->registry_image, call_));

  std::vector<StreamMessage> messages;
  EXPECT_EQ(pull(*client_, target_->registry_image, target_->credential, &messages), std::nullopt);
  EXPECT_TRUE(client_->inspect_image(target_->registry_image, call_));
  ASSERT_FALSE(messages.empty());
  EXPECT_THAT(messages.front().status, HasSubstr("Pulling from"));
  EXPECT_THAT(messages.back().status,
              HasSubstr("Status: Downloaded newer image for " + target_->registry_image));
  EXPECT_TRUE(std::any_of(messages.begin(), messages.end(), [](const StreamMessage& one) {
    return one.status == "Downloading" && one.current > 0 && one.total >= one.current && !one.id.empty();
  }));
  EXPECT_EQ(client_->remove_image(target_->registry_image, false, false, call_), RemoveOutcome::removed);
}

TEST_F(EngineContract, pull_tells_its_failures_apart) {
  const std::string repository = target_->registry_image.substr(0, target_->registry_image.rfind(':'));
  EXPECT_EQ(pull(*client_, repository + ":no-such-tag", target_->credential), ErrorKind::not_found);
  EXPECT_EQ(pull(*client_, repository + "/Upper:1", target_->credential), ErrorKind::engine);
  EXPECT_THROW(client_->pull_image({}, std::nullopt, {}, call_), Error);
}

TEST_F(EngineContract, image_is_built_from_a_context_and_failure_is_told) {
  std::string folder = "/tmp/cb-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/Dockerfile") << "FROM " << target_->image << "\nLABEL built=yes\n";
  ASSERT_EQ(std::system(("tar -C " + folder + " -cf " + folder + "/c.tar Dockerfile").c_str()),
            0);  // NOLINT(cert-env33-c): own path
  BuildOptions options;
  options.context_file = folder + "/c.tar";
  options.tag = name("built") + ":one";
  std::string text;
  StreamCallbacks callbacks;
  callbacks.on_message = [&text](const StreamMessage& message) { text += message.text; };
  client_->build_image(options, callbacks, call_);
  EXPECT_THAT(text, HasSubstr("Step 1/"));
  EXPECT_TRUE(client_->inspect_image(options.tag, call_));
  EXPECT_EQ(client_->remove_image(options.tag, true, false, call_), RemoveOutcome::removed);
  options.context_file = folder + "/nothing.tar";
  EXPECT_THROW(client_->build_image(options, callbacks, call_), Error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cattle::docker
