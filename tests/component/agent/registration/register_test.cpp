// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/registration_fixture.hpp"
#include "tests/support/test_ca.hpp"

#include <nlohmann/json.hpp>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
using support::FakeProxy;
using support::FakeServer;
using support::FakeServerOptions;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

json server_error(int status) {
  return {{"type", "error"}, {"status", status}, {"code", "NotFound"}};
}

class Registering : public RegistrationTest {
 protected:
  [[nodiscard]] std::string url() const { return registration_url(server_); }
  [[nodiscard]] Outcome outcome_at(const std::string& url) {
    const auto failure = failure_at(url);
    what_ = failure ? failure->what() : "";
    return failure ? failure->outcome() : Outcome::done;
  }

  FakeServer server_;
  std::string what_;
};

TEST_F(Registering, R58_P16_E18_the_whole_protocol_with_the_key_in_every_step) {
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {201, "{}"}, 1);
  server_.answer("/register", records({{{"state", "activating"}, {"transitioning", "yes"}}}), 3);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  const auto credentials = register_at(url());
  EXPECT_EQ(credentials.access_key, "0011AABB");
  EXPECT_EQ(credentials.secret_key.reveal(), "theSecretKeyOfTheAgent");
  EXPECT_EQ(credentials.url, server_.url("/v1", kHost));
  EXPECT_EQ(credentials.detected_ip, "10.1.2.3");

  const auto calls = server_.requests("/register");
  ASSERT_THAT(calls, SizeIs(6));
  EXPECT_EQ(calls[1].method, "POST");
  EXPECT_EQ(json::parse(calls[1].body), (json{{"key", std::string(128, 'a')}}));
  const auto login = calls[0].header("authorization");
  EXPECT_THAT(login, HasSubstr("Basic "));
  for (const auto& call : calls) EXPECT_EQ(call.header("authorization"), login);
  for (const auto index : {0U, 2U, 3U, 4U, 5U})
    EXPECT_THAT(calls[index].values("key"), testing::ElementsAre(std::string(128, 'a')));
  EXPECT_EQ(server_.requests(kToken).at(0).header("authorization"), "");
}

TEST_F(Registering, P16_a_registration_that_never_ends_is_given_up_after_300_s) {
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", records({{{"state", "activating"}, {"transitioning", "yes"}}}));
  EXPECT_EQ(outcome_at(url()), Outcome::too_long);
  EXPECT_GE(waited(), std::chrono::seconds(300));
  EXPECT_LT(waited(), std::chrono::seconds(303));
}

TEST_F(Registering, P17_an_error_of_the_server_is_shown) {
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer(
      "/register",
      records({{{"state", "error"}, {"transitioning", "error"}, {"transitioningMessage", "no more hosts"}}}));
  EXPECT_EQ(outcome_at(url()), Outcome::registration_failed);
  EXPECT_THAT(what_, HasSubstr("no more hosts"));
}

TEST_F(Registering, P18_given_credentials_skip_it) {
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  request_.access_key = "mine";
  request_.secret_key = subscriber::Secret("too");
  request_.key = []() -> std::string { throw std::logic_error("no key is needed"); };
  const auto credentials = register_at(url());
  EXPECT_EQ(credentials.access_key, "mine");
  EXPECT_EQ(credentials.secret_key.reveal(), "too");
  EXPECT_THAT(server_.requests("/register"), IsEmpty());
}

TEST_F(Registering, twice_gives_the_same_and_posts_once) {
  accept_registration(server_);
  const auto first = register_at(url());
  const auto second = register_at(url());
  EXPECT_EQ(first.access_key, second.access_key);
  int posts = 0;
  for (const auto& call : server_.requests("/register")) posts += call.method == "POST" ? 1 : 0;
  EXPECT_EQ(posts, 1);
}

TEST_F(Registering, P11_an_absent_server_is_waited_for_ten_minutes) {
  server_.stop();
  EXPECT_EQ(outcome_at(url()), Outcome::unreachable);
  EXPECT_EQ(pauses_, 300);
  EXPECT_GE(waited(), std::chrono::minutes(10));
  EXPECT_THAT(said_, SizeIs(1)) << "one line, not three hundred";
  EXPECT_THAT(what_, Not(HasSubstr(kToken)));
}

TEST_F(Registering, P11_it_goes_on_at_once_when_the_server_comes_up) {
  accept_registration(server_);
  server_.stop();
  on_pause_ = [this](int number) {
    if (number == 3) server_.start();
  };
  EXPECT_EQ(register_at(url()).access_key, "0011AABB");
  EXPECT_LT(waited(), std::chrono::seconds(7));
}

TEST_F(Registering, P11_a_server_that_is_starting_is_waited_for) {
  server_.answer(kToken, {503, "starting"}, 2);
  server_.answer(kToken, {404, "<html>not deployed yet</html>"}, 2);
  accept_registration(server_);
  EXPECT_EQ(register_at(url()).access_key, "0011AABB");
}

TEST_F(Registering, a_revoked_token_is_told_apart_at_once) {
  server_.answer(kToken, {404, server_error(404).dump()});
  EXPECT_EQ(outcome_at(url()), Outcome::token_refused);
  EXPECT_EQ(waited().count(), 0);
  EXPECT_THAT(what_, AllOf(HasSubstr("revoked"), Not(HasSubstr(kToken))));
}

TEST_F(Registering, a_token_that_the_register_call_refuses) {
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", {401, server_error(401).dump()});
  EXPECT_EQ(outcome_at(url()), Outcome::token_refused);
}

TEST_F(Registering, P12_a_bare_address_finds_an_active_token) {
  server_.answer("/", {200, "{}", {{"X-API-Schemas", server_.url("/v1/schemas")}}});
  server_.answer("/registrationtokens", records({{{"state", "active"}, {"registrationUrl", url()}}}));
  accept_registration(server_);
  EXPECT_EQ(register_at("http://server.localhost:" + std::to_string(server_.port())).access_key, "0011AABB");
  for (const auto& call : server_.requests("/registrationtokens")) EXPECT_EQ(call.method, "GET");
}

TEST_F(Registering, P12_else_one_is_made) {
  server_.answer("/", {200, "{}", {{"X-API-Schemas", server_.url("/v1/schemas")}}});
  server_.answer("/registrationtokens", records({}), 2);
  server_.answer("/registrationtokens", {201, "{}"}, 1);
  server_.answer("/registrationtokens", records({}), 1);
  server_.answer("/registrationtokens", records({{{"state", "active"}, {"registrationUrl", url()}}}));
  accept_registration(server_);
  EXPECT_EQ(register_at("http://server.localhost:" + std::to_string(server_.port())).access_key, "0011AABB");
}

TEST_F(Registering, P13_a_body_that_is_no_script_is_shown) {
  server_.answer(kToken, {200, "<html>Sign in\nTOKEN=hush-hush</html>"});
  EXPECT_EQ(outcome_at(url()), Outcome::bad_script);
  EXPECT_THAT(said_, Contains(HasSubstr("Sign in")));
}

TEST_F(Registering, R59_P14_another_api_root_is_refused_and_both_are_named) {
  server_.answer(kToken, {200, script_for("http://elsewhere.example:8080/v1")});
  EXPECT_EQ(outcome_at(url()), Outcome::url_mismatch);
  EXPECT_THAT(what_, AllOf(HasSubstr("elsewhere.example:8080/v1"), HasSubstr(server_.url("/v1", kHost))));
}

TEST_F(Registering, R59_P14_an_override_for_the_typed_address_makes_it_right) {
  accept_registration(server_);
  server_.answer(kToken, {200, script_for("http://elsewhere.example:8080/v1")});
  request_.url_override = server_.url("/v1", kHost);
  EXPECT_EQ(register_at(url()).url, server_.url("/v1", kHost));
}

TEST_F(Registering, P10_a_server_on_this_machine_is_refused_under_every_spelling) {
  for (const auto* host : {"localhost", "127.0.0.1", "LOCALHOST"})
    EXPECT_EQ(outcome_at(server_.url("/v1/scripts/x", host)), Outcome::local_url) << host;
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(Registering, S31_a_token_of_any_length_is_passed_on_as_it_is) {
  const std::string token = "A-_" + std::string(197, 'z');
  server_.answer(token, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(server_.url("/v1/scripts/" + token, kHost)).access_key, "0011AABB");
}

TEST_F(Registering, S32_keys_inside_data_fields_and_only_of_an_active_record) {
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  auto early = active_record("tooEarly", "x");
  early["state"] = "registering";
  server_.answer("/register", records({early}), 2);
  server_.answer("/register",
                 records({{{"state", "active"},
                           {"data", {{"fields", {{"accessKey", "inFields"}, {"secretKey", "s"}}}}}}}));
  EXPECT_EQ(register_at(url()).access_key, "inFields");
}

TEST_F(Registering, R66_S34_a_redirect_to_another_host_gets_no_credentials) {
  FakeServer other;
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", {302, "", {{"Location", other.url("/v1/register", "other.localhost")}}});
  EXPECT_EQ(outcome_at(url()), Outcome::registration_failed);
  EXPECT_THAT(what_, HasSubstr("other.localhost"));
  EXPECT_THAT(other.requests(), IsEmpty());
}

TEST_F(Registering, S34_nor_one_to_another_port_of_the_same) {
  FakeServer other;
  server_.answer(kToken, {307, "", {{"Location", other.url("/v1/scripts/x", kHost)}}});
  EXPECT_EQ(outcome_at(url()), Outcome::registration_failed);
  EXPECT_THAT(other.requests(), IsEmpty());
}

class Secure : public Registering {
 protected:
  Secure() : secure_(options(ca_)) { server_options_.extra_ca_files = {ca_.ca_file()}; }
  static FakeServerOptions options(const support::TestCa& ca) {
    const auto certificate = ca.issue({kHost, "127.0.0.1"});
    FakeServerOptions result;
    result.certificate_file = certificate.certificate_file;
    result.key_file = certificate.key_file;
    return result;
  }
  support::TestCa ca_;
  FakeServer secure_;
};

TEST_F(Secure, S35_http_that_became_https_on_the_same_host_stays_there) {
  accept_registration(secure_);
  // What the server calls itself behind its TLS terminator (pasturestack 7.4).
  secure_.answer(kToken,
                 {200, script_for("http://server.localhost:" + std::to_string(secure_.port()) + "/v1")});
  server_.answer(kToken, {301, "", {{"Location", registration_url(secure_)}}});
  EXPECT_EQ(register_at(url()).url, secure_.url("/v1", kHost));
  EXPECT_THAT(server_.requests(), SizeIs(1));
}

TEST_F(Secure, S35_https_never_becomes_http) {
  accept_registration(server_);
  secure_.answer(kToken, {302, "", {{"Location", url()}}});
  EXPECT_EQ(outcome_at(registration_url(secure_)), Outcome::registration_failed);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(Secure, R66_S36_links_that_differ_by_their_scheme_alone_are_followed_by_ours) {
  const auto plain = "http://server.localhost:" + std::to_string(secure_.port());
  secure_.answer("/", {200, "{}", {{"X-API-Schemas", plain + "/v1/schemas"}}});
  secure_.answer("/registrationtokens",
                 records({{{"state", "active"}, {"registrationUrl", plain + "/v1/scripts/" + kToken}}}));
  accept_registration(secure_);
  secure_.answer(kToken, {200, script_for(plain + "/v1")});
  EXPECT_EQ(register_at(secure_.url("", kHost)).url, secure_.url("/v1", kHost));
}

TEST_F(Registering, P52_the_proxy_of_the_scheme_is_used) {
  accept_registration(server_);
  FakeProxy proxy;
  FakeProxy unused;
  waiting_.pause = [](std::chrono::milliseconds) { return false; };
  server_options_.http_proxy = proxy.url();
  server_options_.https_proxy = unused.url();
  // The proxy resolves names by itself, and here only localhost.
  for (const std::string no_proxy : {"", "other.host,.example.org,10.0.0.0/8,server.localhost:1"}) {
    server_options_.no_proxy = no_proxy;
    const auto before = proxy.request_lines().size();
    (void)failure_at(url());
    EXPECT_GT(proxy.request_lines().size(), before) << no_proxy;
  }
  EXPECT_THAT(unused.request_lines(), IsEmpty());
}

TEST_F(Registering, P52_no_proxy_in_every_form_goes_round_it) {
  accept_registration(server_);
  FakeProxy proxy;
  server_options_.http_proxy = proxy.url();
  const auto port = std::to_string(server_.port());
  for (const std::string& entry :
       {std::string("server.localhost"), std::string(".localhost"), std::string("*.localhost"),
        "server.localhost:" + port, std::string("*"), std::string("a.example, SERVER.localhost")}) {
    server_options_.no_proxy = entry;
    EXPECT_EQ(register_at(url()).access_key, "0011AABB") << entry;
  }
  EXPECT_THAT(proxy.request_lines(), IsEmpty());
}

TEST_F(Registering, S58_nothing_that_is_said_holds_a_secret) {
  accept_registration(server_);
  (void)register_at(url());
  server_.answer("/register", {500, "theSecretKeyOfTheAgent"});
  (void)outcome_at(url());
  said_.push_back(what_);
  for (const auto* secret : {kToken, "theSecretKeyOfTheAgent", "0011AABB"})
    EXPECT_THAT(said_, Each(Not(HasSubstr(secret))));
}

}  // namespace
}  // namespace cattle::agent::registration
