// SPDX-License-Identifier: Apache-2.0
// What a config item's archive must hold before anything of it is taken.
#include "docker-client/http/client.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/config_archive.hpp"
#include "handlers/host/config_update.hpp"
#include "lab/archive.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cattle::handlers {
namespace {

using lab::Digest;
using nlohmann::json;
using support::make_event;
using Files = std::vector<std::pair<std::string, std::string>>;

constexpr auto kTop = "host-config-3-ab12";
constexpr auto kKeyFile = "content-home/etc/cattle/api.crt";

Files host_config() {
  return {{"version", "3-ab12\n"}, {kKeyFile, "-----BEGIN PUBLIC KEY-----\nkey\n"}};
}

std::string sum_line(const std::string& text, const std::string& name, Digest digest) {
  return lab::hex_digest(text, digest) + " *" + kTop + "/" + name + "\n";
}

/// The pair over `files`, or, with `spoil`, over something else.
Files pair_of(const Files& files, Digest digest, const std::string& spoil = "") {
  const std::string name = digest == Digest::sha1 ? "SHA1SUMS" : "SHA256SUMS";
  std::string sums;
  for (const auto& [file, text] : files) sums += sum_line(text + spoil, file, digest);
  return {{name, sums}, {name + "SUM", sum_line(sums, name, digest)}};
}

/// An archive of exactly these files, as tar makes it.
std::string tarred(const Files& files, const Files& pair = {}) {
  const support::TempDir directory;
  const std::filesystem::path top = std::filesystem::path(directory.path()) / kTop;
  for (const auto* list : {&files, &pair}) {
    for (const auto& [name, text] : *list) {
      std::filesystem::create_directories((top / name).parent_path());
      std::ofstream(top / name) << text;
    }
  }
  const auto file = directory.path() + "/archive";
  const auto command = "tar -C " + directory.path() + " -czf " + file + " " + kTop;
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ConfigArchive, S26_either_pair_and_both_are_taken) {
  auto both = pair_of(host_config(), Digest::sha1);
  for (auto& entry : pair_of(host_config(), Digest::sha256)) both.push_back(entry);
  for (const auto& bytes :
       {tarred(host_config(), pair_of(host_config(), Digest::sha1)),
        tarred(host_config(), pair_of(host_config(), Digest::sha256)), tarred(host_config(), both),
        lab::make_archive(kTop, host_config(), Digest::sha256)}) {
    const auto archive = read_config_archive(bytes);
    EXPECT_EQ(archive.version, "3-ab12");
    EXPECT_EQ(archive.files.count(kKeyFile), 1U);
  }
}

TEST(ConfigArchive, S26_wrong_sums_and_none_are_refused) {
  for (const auto digest : {Digest::sha1, Digest::sha256})
    EXPECT_THROW((void)read_config_archive(tarred(host_config(), pair_of(host_config(), digest, "x"))),
                 OperationError);
  auto preferred = pair_of(host_config(), Digest::sha1);
  for (auto& entry : pair_of(host_config(), Digest::sha256, "x")) preferred.push_back(entry);
  EXPECT_THROW((void)read_config_archive(tarred(host_config(), preferred)), OperationError)
      << "a right one of the other kind does not help";
  EXPECT_THROW((void)read_config_archive(tarred(host_config())), OperationError);
  auto cut = lab::make_archive(kTop, host_config(), Digest::sha256);
  cut.resize(cut.size() / 2);
  EXPECT_THROW((void)read_config_archive(cut), OperationError);
}

class ConfigItemsTest : public testing::Test {
 protected:
  ConfigItemsTest() : client_(client_options()) {}
  [[nodiscard]] http::ClientOptions client_options() const {
    http::ClientOptions options;
    options.base_url = server_.url();
    options.username = "key";
    options.password = "secret";
    return options;
  }
  void update() {
    ConfigItemOptions options;
    options.home = directory_.path();
    const ConfigUpdate handler(options, client_);
    const auto reply =
        handler.handle(make_event("config.update", {{"items", {{{"name", "host-config"}}}}}), test_.context);
    ASSERT_TRUE(reply);
  }
  [[nodiscard]] std::size_t acknowledged() const {
    std::size_t count = 0;
    for (const auto& request : server_.requests("/host-config")) count += request.method == "PUT" ? 1U : 0U;
    return count;
  }
  [[nodiscard]] std::string key_file() const { return directory_.path() + "/etc/cattle/api.crt"; }

  support::TempDir directory_;
  support::FakeServer server_;
  http::Client client_;
  support::TestContext test_;
};

TEST_F(ConfigItemsTest, P39_S26_a_good_archive_is_installed_and_a_bad_one_is_not_acknowledged) {
  server_.answer("/host-config", {200, tarred(host_config(), pair_of(host_config(), Digest::sha256, "x"))});
  update();
  EXPECT_EQ(acknowledged(), 0U);
  EXPECT_FALSE(std::filesystem::exists(key_file()));
  server_.answer("/host-config", {200, lab::make_archive(kTop, host_config(), Digest::sha256)});
  update();
  EXPECT_EQ(acknowledged(), 1U);
  EXPECT_TRUE(std::filesystem::exists(key_file()));
}

TEST_F(ConfigItemsTest, P39_S26_P40_what_did_not_come_is_not_acknowledged) {
  std::vector<support::ServerAnswer> no_item{{200, "<html>sign in</html>"}, {200, "{}"}};
  for (const int status : {401, 403, 422, 500, 502, 503}) no_item.push_back({status, "{}"});
  for (const auto& answer : no_item) {
    server_.answer("/host-config", answer, 1);
    update();
    EXPECT_EQ(acknowledged(), 0U) << answer.status;
    EXPECT_TRUE(test_.log.has(answer.status == 200 ? "host-config is refused and not acknowledged"
                                                   : "the server answered " + std::to_string(answer.status)));
  }
  const std::vector<support::ServerAnswer> not_ours{
      {404, R"({"type":"error","status":404})"}, {405, ""}, {200, ""}};
  for (std::size_t i = 0; i < not_ours.size(); ++i) {
    server_.answer("/host-config", not_ours[i], 1);
    update();
    EXPECT_EQ(acknowledged(), i + 1);
    EXPECT_EQ(server_.requests("/host-config").back().target, "/v1/configcontent/host-config?version=latest");
  }
}

TEST_F(ConfigItemsTest, S30_the_same_version_is_acknowledged_again_and_not_applied_anew) {
  server_.answer("/host-config", {200, lab::make_archive(kTop, host_config(), Digest::sha1)});
  update();
  struct stat first {};
  ASSERT_EQ(::stat(key_file().c_str(), &first), 0);
  update();
  struct stat second {};
  ASSERT_EQ(::stat(key_file().c_str(), &second), 0);
  EXPECT_EQ(acknowledged(), 2U);
  EXPECT_EQ(first.st_ino, second.st_ino);
  EXPECT_EQ(first.st_mtim.tv_nsec, second.st_mtim.tv_nsec);
}

/// Started by the server's package, under the stock loop.
class OwnedProgram : public ConfigItemsTest {
 protected:
  void server_names(const std::string& version) {
    const Files files{{"version", version + "\n"}, {"packages", "python-agent http://x\n"}};
    server_.answer("/pyagent", {200, lab::make_archive("pyagent-" + version, files, Digest::sha1)});
  }
  void loop_installed(const std::string& text) const {
    std::filesystem::create_directories(directory_.path() + "/download/pyagent");
    std::ofstream(directory_.path() + "/download/pyagent/current") << text << "\n";
  }
  bool asks_to_end() {
    bool asked = false;
    ConfigItemOptions options;
    options.home = directory_.path();
    options.server_owns_program = true;
    options.request_exit = [&](const std::string&) { asked = true; };
    const ConfigUpdate handler(options, client_);
    EXPECT_TRUE(
        handler.handle(make_event("config.update", {{"items", {{{"name", "pyagent"}}}}}), test_.context));
    return asked;
  }
};

TEST_F(OwnedProgram, it_makes_room_for_another_each_time_that_one_is_installed_in_between) {
  loop_installed("pyagent-1-0a0a");
  server_names("2-0a0a");
  EXPECT_FALSE(asks_to_end()) << "that is this one";
  server_names("3-beef");
  EXPECT_TRUE(asks_to_end());
  EXPECT_FALSE(asks_to_end()) << "the loop could not install it: no circle";
  loop_installed("pyagent-4-beef");
  server_names("5-0a0a");
  loop_installed("pyagent-5-0a0a");  // The other one made room for us, and now it is wanted again.
  server_names("6-beef");
  EXPECT_TRUE(asks_to_end());
  EXPECT_FALSE(asks_to_end());
}

TEST_F(OwnedProgram, P41_S26_what_the_server_could_not_give_is_not_acknowledged) {
  loop_installed("pyagent-1-0a0a");
  server_.answer("/pyagent", {503, ""}, 1);
  server_.answer("/pyagent", {200, "<html>"}, 1);
  for (const std::size_t requests : {1U, 2U}) {
    EXPECT_FALSE(asks_to_end());
    EXPECT_EQ(server_.requests("/pyagent").size(), requests) << "asked for, and no PUT";
  }
  server_.answer("/pyagent", {404, ""}, 1);
  EXPECT_FALSE(asks_to_end());
  EXPECT_EQ(server_.requests("/pyagent").back().method, "PUT");
}

}  // namespace
}  // namespace cattle::handlers
