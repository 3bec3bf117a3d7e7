// SPDX-License-Identifier: Apache-2.0
// A server that fails for a moment while a host registers.
#include "docker-client/http/url.hpp"
#include "tests/component/agent/registration/registration_fixture.hpp"

#include <nlohmann/json.hpp>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
using support::FakeServer;
using support::ServerAnswer;
using testing::HasSubstr;

ServerAnswer dropped() {
  ServerAnswer answer;
  answer.kind = ServerAnswer::Kind::drop;
  return answer;
}

class RegisterFaults : public RegistrationTest {
 protected:
  RegisterFaults() { server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))}); }
  [[nodiscard]] std::size_t posts() const {
    std::size_t count = 0;
    for (const auto& call : server_.requests("/register")) count += call.method == "POST" ? 1U : 0U;
    return count;
  }
  FakeServer server_;
};

TEST_F(RegisterFaults, P16_a_poll_that_fails_is_asked_again) {
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {201, "{}"}, 1);
  server_.answer("/register", {502, "<html>bad gateway</html>"}, 1);
  // Twice: the client itself repeats a request that fails on a connection which it had used before.
  server_.answer("/register", dropped(), 2);
  server_.answer("/register", {429, ""}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 1U);
}

TEST_F(RegisterFaults, a_proxy_that_the_link_could_not_use_is_refused_at_once) {
  const auto url = registration_url(server_);
  server_options_.http_proxy = "socks5://user:p4ssw0rd@127.0.0.1:1080";
  const auto failure = failure_at(url);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->outcome(), Outcome::usage);
  EXPECT_STREQ(failure->what(), "http_proxy: the proxy is not an http:// URL");
  EXPECT_EQ(waited(), std::chrono::milliseconds(0));
  server_options_.no_proxy = http::parse_url(url)->host;
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(url).access_key, "0011AABB");
}

TEST_F(RegisterFaults, P16_so_is_the_first_look) {
  server_.answer("/register", {503, ""}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RegisterFaults, P16_a_post_whose_answer_was_lost_is_repeated_only_without_a_record) {
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {502, ""}, 1);
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {201, "{}"}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 2U);
  server_.forget_answers();
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {502, ""}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 3U) << "the record was there";
}

TEST_F(RegisterFaults, P16_one_that_lasts_is_named_in_the_end) {
  server_.answer("/register", {502, ""});
  const auto failure = failure_at(registration_url(server_));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->outcome(), Outcome::too_long);
  EXPECT_THAT(failure->what(), HasSubstr("502"));
  EXPECT_GE(waited(), std::chrono::seconds(300));
}

TEST_F(RegisterFaults, P13_S58_what_is_shown_of_a_body_that_is_no_script_holds_no_token) {
  const std::string token = "0123456789ABCDEF0123:1767139200000:Abc-DEf_ghIJklMNopQRstUVwx";
  const auto url = server_.url("/v1/scripts/" + token, kHost);
  const std::string script = "#!/bin/sh\nexport CATTLE_REGISTRATION_SECRET_KEY=\"" + token + "\"\n";
  const std::vector<std::string> bodies{
      "\xef\xbb\xbf" + script, "\n" + script, "<p>no " + url + "</p>",
      "<p>0123456789ABCDEF0123%3A1767139200000%3AAbc-DEf_ghIJklMNopQRstUVwx</p>",
      std::string(390, '.') + token};
  for (const auto& body : bodies) {
    said_.clear();
    server_.forget_answers();
    server_.answer("/v1/scripts/" + token, {200, body, {}});
    EXPECT_THROW((void)register_at(url), Failure);
    EXPECT_THAT(said_, testing::Contains(HasSubstr("--- START")));
    EXPECT_THAT(said_, testing::Each(testing::Not(HasSubstr("Abc-DEf")))) << body;
    EXPECT_THAT(said_, testing::Each(testing::Not(HasSubstr("0123456789ABC")))) << body;
  }
}

}  // namespace
}  // namespace cattle::agent::registration
