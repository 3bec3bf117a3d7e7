// SPDX-License-Identifier: Apache-2.0
#include "docker-client/error_decoder.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace cattle::docker {

static void PrintTo(ErrorKind kind, std::ostream* out) {
  *out << to_string(kind);
}

namespace {

const Subject kCreate{"POST /containers/create", "web"};
const Subject kStart{"POST /containers/{id}/start", "web"};

ErrorKind pull_kind(const std::string& image, int status, const std::string& message) {
  return decode_registry_error({"POST /images/create", image}, status, message).kind();
}

TEST(ErrorDecoder, message_comes_from_json_else_text_else_status) {
  EXPECT_EQ(message_of(404, R"({"message":"No such container: x"})"), "No such container: x");
  EXPECT_EQ(message_of(400, "client version 1.11 is too old\n"), "client version 1.11 is too old");
  EXPECT_EQ(message_of(500, ""), "the engine answered with status 500 and no message");
  EXPECT_EQ(message_of(500, R"({"message":7})"), R"({"message":7})");
  EXPECT_LE(message_of(500, std::string(1 << 20, 'x')).size(), std::size_t{64} << 10U);
}

TEST(ErrorDecoder, status_decides_for_most_verbs) {
  EXPECT_EQ(decode_error(kStart, 404, R"({"message":"No such container: web"})").kind(),
            ErrorKind::not_found);
  EXPECT_EQ(decode_error(kStart, 409, "{}").kind(), ErrorKind::conflict);
  EXPECT_EQ(decode_error(kStart, 401, "{}").kind(), ErrorKind::unauthorized);
  EXPECT_EQ(decode_error(kStart, 403, "{}").kind(), ErrorKind::unauthorized);
  EXPECT_EQ(decode_error(kStart, 400, "{}").kind(), ErrorKind::engine);
  EXPECT_EQ(decode_error(kStart, 500, "{}").kind(), ErrorKind::engine);
  EXPECT_EQ(decode_error(kStart, 500, R"({"message":"mkdir /x: no space left on device"})").kind(),
            ErrorKind::no_space);
}

TEST(ErrorDecoder, missing_image_is_told_from_other_404s_of_create) {
  EXPECT_EQ(decode_error(kCreate, 404, R"({"message":"No such image: nope:latest"})").kind(),
            ErrorKind::image_missing);
  EXPECT_EQ(decode_error(kCreate, 404, R"({"message":"network x not found"})").kind(), ErrorKind::not_found);
  EXPECT_EQ(decode_error(kStart, 404, R"({"message":"No such image: nope:latest"})").kind(),
            ErrorKind::not_found);
}

TEST(ErrorDecoder, error_says_what_where_and_with_which_status) {
  const Error error = decode_error(kStart, 500, R"({"message":"port is already allocated"})");
  EXPECT_STREQ(error.what(), "port is already allocated (POST /containers/{id}/start web, 500)");
  EXPECT_EQ(error.engine_message(), "port is already allocated");
  EXPECT_EQ(error.status(), 500);
}

// Texts as engines and registries were seen to send them.
TEST(ErrorDecoder, pull_of_what_is_not_there_is_not_found) {
  EXPECT_EQ(pull_kind("x:1", 404, "manifest for x:1 not found: manifest unknown: manifest unknown"),
            ErrorKind::not_found);
  EXPECT_EQ(pull_kind("x:1", 200, "manifest unknown"), ErrorKind::not_found);
  EXPECT_EQ(pull_kind("r/x:1", 404, "repository r/x not found: does not exist or no pull access"),
            ErrorKind::not_found);
  EXPECT_EQ(pull_kind("x:1", 500, "no matching manifest for linux/amd64 in the manifest list entries"),
            ErrorKind::not_found);
  EXPECT_EQ(pull_kind("x:1", 404, "something new"), ErrorKind::not_found);
}

TEST(ErrorDecoder, pull_that_is_denied_is_unauthorized) {
  EXPECT_EQ(
      pull_kind("x:1", 404,
                "pull access denied for x, repository does not exist or may require 'docker login': denied: "
                "requested access to the resource is denied"),
      ErrorKind::unauthorized);
  EXPECT_EQ(pull_kind("r/x:1", 500, "Head \"http://r/v2/x/manifests/1\": no basic auth credentials"),
            ErrorKind::unauthorized);
  EXPECT_EQ(pull_kind("r/x:1", 500, "Get https://r/v2/: unauthorized: authentication required"),
            ErrorKind::unauthorized);
  EXPECT_EQ(pull_kind("r/x:1", 500, "unauthorized: incorrect username or password"), ErrorKind::unauthorized);
  EXPECT_EQ(pull_kind("r/x:1", 401, "go away"), ErrorKind::unauthorized);
}

TEST(ErrorDecoder, pull_over_the_limit_is_rate_limited) {
  EXPECT_EQ(pull_kind("x:1", 500, "toomanyrequests: You have reached your pull rate limit."),
            ErrorKind::rate_limited);
  EXPECT_EQ(pull_kind("x:1", 429, "slow down"), ErrorKind::rate_limited);
}

TEST(ErrorDecoder, pull_that_can_not_reach_the_registry_is_network) {
  for (const char* text :
       {"Get \"http://localhost:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
        "Get https://r/v2/: dial tcp: lookup r on 127.0.0.11:53: no such host",
        "Get https://r/v2/: net/http: request canceled while waiting for connection",
        "Get https://r/v2/: x509: certificate signed by unknown authority",
        "Get https://r/v2/: http: server gave HTTP response to HTTPS client",
        "read tcp 10.0.0.1:1->10.0.0.2:443: i/o timeout", "unexpected EOF",
        "received unexpected HTTP status: 502 Bad Gateway", "remote error: tls: handshake failure"}) {
    EXPECT_EQ(pull_kind("x:1", 500, text), ErrorKind::network) << text;
    EXPECT_EQ(pull_kind("x:1", 200, text), ErrorKind::network) << text;
  }
}

TEST(ErrorDecoder, pull_onto_a_full_disk_is_no_space) {
  EXPECT_EQ(pull_kind("x:1", 200, "write /var/lib/docker/tmp/GetImageBlob1: no space left on device"),
            ErrorKind::no_space);
}

TEST(ErrorDecoder, words_in_the_name_of_the_image_decide_nothing) {
  EXPECT_EQ(pull_kind("team/denied:eof", 404, "manifest for team/denied:eof not found: manifest unknown"),
            ErrorKind::not_found);
  EXPECT_EQ(
      pull_kind("denied/x:1", 500, "Get https://denied/v2/: dial tcp: i/o timeout; while pulling denied/x"),
      ErrorKind::unauthorized)
      << "a registry's own name is not cut out: told apart only where the whole reference stands";
}

TEST(ErrorDecoder, a_file_that_may_not_be_opened_is_no_denied_pull) {
  EXPECT_EQ(pull_kind("x:1", 500, "open /var/lib/docker/tmp/x: permission denied"), ErrorKind::engine);
}

TEST(ErrorDecoder, S50_refusals_of_the_version_are_known) {
  EXPECT_TRUE(is_version_refusal(
      400, R"({"message":"client version 1.24 is too old. Minimum supported API version is 1.44"})"));
  EXPECT_TRUE(
      is_version_refusal(400, "client version 1.11 is too old. Minimum supported API version is 1.12"));
  EXPECT_TRUE(is_version_refusal(
      400, R"({"message":"client version 1.99 is too new. Maximum supported API version is 1.41"})"));
  EXPECT_FALSE(is_version_refusal(400, R"({"message":"bad parameter"})"));
  EXPECT_FALSE(is_version_refusal(500, R"({"message":"client version 1.24 is too old."})"));
}

TEST(ErrorDecoder, tells_removal_in_progress_and_not_running) {
  EXPECT_TRUE(is_removal_in_progress(R"({"message":"removal of container web is already in progress"})"));
  EXPECT_FALSE(is_removal_in_progress(R"({"message":"You cannot remove a running container web."})"));
  EXPECT_TRUE(
      is_not_running(409, R"({"message":"Cannot kill container: web: Container abc is not running"})"));
  EXPECT_TRUE(
      is_not_running(500, R"({"message":"Cannot kill container web: Container abc is not running"})"));
  EXPECT_FALSE(is_not_running(409, R"({"message":"conflict"})"));
}

}  // namespace
}  // namespace cattle::docker
