// SPDX-License-Identifier: Apache-2.0
// Images that a server wants built from a context, on a real engine.
#include "tests/engine/handlers/rig_on_engine.hpp"
#include "tests/support/fake_server.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace cattle::tests {
namespace {

using nlohmann::json;
using support::Attempt;
using support::HandlerRig;
using support::image_data;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr const char* kBuild = "storage.image.activate";

la_ssize_t append(archive* /*open*/, void* target, const void* bytes, std::size_t count) {
  static_cast<std::string*>(target)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

std::string tar_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes;
  const std::unique_ptr<archive, decltype(&archive_write_free)> open(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(open.get());
  archive_write_set_bytes_in_last_block(open.get(), 1);
  if (archive_write_open(open.get(), &bytes, nullptr, append, nullptr) != ARCHIVE_OK) return {};
  for (const auto& [name, content] : files) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_write_header(open.get(), entry.get());
    archive_write_data(open.get(), content.data(), content.size());
  }
  archive_write_close(open.get());
  return bytes;
}

support::FakeServerOptions for_everybody() {
  support::FakeServerOptions options;
  options.check_credentials = false;
  return options;
}

class ImageBuildOnEngine : public RigOnEngine {
 protected:
  void SetUp() override {
    RigOnEngine::SetUp();
    if (!rig_) return;
    serve("/context.tar",
          {{"Dockerfile", "FROM " + engine().image + "\nCOPY greeting /greeting\nLABEL kind=plain\n"},
           {"other.df", "FROM " + engine().image + "\nLABEL kind=other\n"},
           {"greeting", "hello from the context\n"}});
    serve("/broken.tar", {{"Dockerfile", "FROM " + engine().image + "\nCOPY no-such-file /x\n"}});
    clean();
  }
  void TearDown() override {
    if (rig_) clean();
  }

  void serve(const std::string& path, const std::vector<std::pair<std::string, std::string>>& files) {
    support::ServerAnswer answer;
    answer.body = tar_of(files);
    answer.headers = {{"Content-Type", "application/x-tar"}};  // The engine goes by it.
    files_.answer(path, answer);
  }
  void clean() const {
    for (const char* name : {kName, kTag}) (void)docker().remove_image(name, true, false, {});
  }
  [[nodiscard]] static json image_with(const json& build, const std::string& name = kName) {
    auto data = image_data(name);
    data["imageStoragePoolMap"]["image"]["data"] = {{"fields", {{"build", build}}}};
    return data;
  }
  [[nodiscard]] std::string kind_of(const std::string& name) const {
    const auto image = docker().inspect_image(name, {});
    return image ? image->raw.at("Config").at("Labels").value("kind", "") : "no such image";
  }

  static constexpr const char* kName = "local/built-by-test:1";
  static constexpr const char* kTag = "local/built-by-test:tagged";
  support::FakeServer files_{for_everybody()};
};

TEST_F(ImageBuildOnEngine, H101_a_context_is_fetched_and_built_with_progress) {
  Attempt run;
  const auto reply =
      rig_->handle(HandlerRig::event(kBuild, image_with({{"context", files_.url("/context.tar")}})), run);
  ASSERT_TRUE(reply);
  EXPECT_EQ(*reply, json({{"imageStoragePoolMap", json::object()}}));
  EXPECT_EQ(kind_of(kName), "plain");
  EXPECT_EQ(files_.requests("/context.tar").size(), 1U);
  EXPECT_THAT(run.progress.texts(),
              AllOf(Contains("Downloading the build context"), Contains(HasSubstr("Step ")),
                    Contains(HasSubstr("Successfully built"))));
  for (const auto& left : std::filesystem::recursive_directory_iterator(rig_->dir()))
    EXPECT_TRUE(left.is_directory()) << left.path() << " is left of the context";
}

TEST_F(ImageBuildOnEngine, B23_the_chosen_dockerfile_and_tag_count) {
  const auto build = image_with({{"context", files_.url("/context.tar")},
                                 {"dockerfile", "other.df"},
                                 {"nocache", true},
                                 {"forcerm", true},
                                 {"tag", std::string("docker:") + kTag}},
                                kTag);
  (void)rig_->reply(kBuild, build);
  EXPECT_EQ(kind_of(kTag), "other");
  EXPECT_EQ(kind_of(kName), "no such image");
}

TEST_F(ImageBuildOnEngine, H101_a_remote_tar_is_fetched_by_the_engine) {
  (void)rig_->reply(kBuild, image_with({{"remote", files_.url("/context.tar")}}));
  EXPECT_EQ(kind_of(kName), "plain");
}

TEST_F(ImageBuildOnEngine, an_instance_whose_image_must_be_built_gets_it_and_its_file) {
  auto row = support::instance("built-by-test-uuid", "built", kName);
  row["image"]["data"] = {{"fields", {{"build", {{"context", files_.url("/context.tar")}}}}}};
  row["data"]["fields"]["command"] = {"sh", "-c", "test -s /greeting && exec sleep 600"};
  const auto reply = rig_->reply("compute.instance.activate", support::map_data(row));
  const auto id = reply.at("instanceHostMap").at("instance").at("externalId").get<std::string>();
  const auto container = docker().inspect_container(id, {});
  ASSERT_TRUE(container);
  EXPECT_TRUE(container->running) << container->raw.at("State");
  (void)docker().remove_container(id, {.force = true, .volumes = true}, {});
}

TEST_F(ImageBuildOnEngine, B23_H101_a_build_that_fails_says_which_image_and_why) {
  const auto broken = rig_->error(kBuild, image_with({{"context", files_.url("/broken.tar")}}));
  EXPECT_THAT(broken, AllOf(HasSubstr(kName), HasSubstr("could not be built"), HasSubstr("no-such-file")));
  const auto absent = rig_->error(kBuild, image_with({{"context", files_.url("/absent.tar")}}));
  EXPECT_THAT(absent, AllOf(HasSubstr("404"), HasSubstr("absent.tar")));
  EXPECT_EQ(kind_of(kName), "no such image");
}

}  // namespace
}  // namespace cattle::tests
