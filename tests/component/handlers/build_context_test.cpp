// SPDX-License-Identifier: Apache-2.0
// A build's context from web servers that lead elsewhere.
#include "handlers/storage/build_context.hpp"

#include "docker-client/http/client.hpp"
#include "handlers/errors.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;
using support::FakeServer;
using ::testing::HasSubstr;

class BuildContextTest : public ::testing::Test {
 protected:
  static support::FakeServerOptions open_server() {
    support::FakeServerOptions options;
    options.check_credentials = false;
    return options;
  }
  static support::ServerAnswer leads_to(const std::string& location, int status = 302) {
    return {.status = status, .body = "gone elsewhere", .headers = {{"Location", location}}};
  }
  std::string fetch(const std::string& url, const BuildContextLimits& limits = {}) const {
    const BuildContext context(url, directory_.path(), limits, {});
    std::ifstream file(context.path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string error(const std::string& url, const BuildContextLimits& limits = {}) const {
    try {
      (void)fetch(url, limits);
    } catch (const OperationError& failure) {
      return failure.what();
    }
    return {};
  }
  bool left_nothing() const { return std::filesystem::is_empty(directory_.path()); }

  http::Library library_;
  support::TempDir directory_;
  FakeServer server_{open_server()};
  FakeServer other_{open_server()};
};

TEST_F(BuildContextTest, H101_redirects_are_followed_and_only_the_last_answer_counts) {
  server_.answer("/a", leads_to("b?x=1", 301));
  server_.answer("/b", leads_to(other_.url("/c"), 307));
  other_.answer("/c", {.body = "the tar"});
  EXPECT_EQ(fetch(server_.url("/dir/a")), "the tar");
  ASSERT_EQ(server_.requests("/dir/b").size(), 1U);
  EXPECT_EQ(server_.requests("/dir/b")[0].target, "/dir/b?x=1");
  EXPECT_TRUE(left_nothing());
}

TEST_F(BuildContextTest, H101_user_and_password_stay_with_their_host) {
  server_.answer("/a", leads_to("/b"));
  server_.answer("/b", leads_to(other_.url("/c")));
  other_.answer("/c", leads_to(server_.url("/d")));
  server_.answer("/d", {.body = "the tar"});
  auto url = server_.url("/a");
  url.insert(url.find("//") + 2, "me:planted@");
  EXPECT_EQ(fetch(url), "the tar");
  for (const char* path : {"/a", "/b", "/d"})
    EXPECT_NE(server_.requests(path).at(0).header("authorization"), "") << path;
  EXPECT_EQ(other_.requests("/c").at(0).header("authorization"), "");
}

TEST_F(BuildContextTest, H101_redirects_lead_to_the_web_only_and_not_for_ever) {
  server_.answer("/round", leads_to("/round"));
  EXPECT_THAT(error(server_.url("/round")), HasSubstr("more than 5 redirects"));
  EXPECT_EQ(server_.requests("/round").size(), 6U);
  for (const char* location : {"file:///etc/passwd", "ftp://h/x", "ws://h/x", "http://"}) {
    server_.answer("/odd", leads_to(location));
    EXPECT_THAT(error(server_.url("/odd")), HasSubstr("not an http or https URL")) << location;
  }
  server_.answer("/none", {.status = 302});
  EXPECT_THAT(error(server_.url("/none")), HasSubstr("status 302"));
  EXPECT_TRUE(left_nothing());
}

TEST_F(BuildContextTest, H101_the_limits_are_for_all_of_it) {
  BuildContextLimits limits;
  limits.bytes = 5;
  server_.answer("/a", leads_to(other_.url("/c")));
  other_.answer("/c", {.body = "the tar"});
  EXPECT_THAT(error(server_.url("/a"), limits), HasSubstr("more than 5 bytes"));
  limits = {};
  limits.whole = 400ms;
  server_.answer("/slow", {.status = 302, .headers = {{"Location", "/slow"}}, .delay = 150ms});
  EXPECT_THROW((void)fetch(server_.url("/slow"), limits), http::TransportError);
  EXPECT_LE(server_.requests("/slow").size(), 3U);
  EXPECT_TRUE(left_nothing());
}

}  // namespace
}  // namespace cattle::handlers
