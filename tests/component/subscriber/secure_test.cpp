// SPDX-License-Identifier: Apache-2.0
#include "cattle/subscriber/publisher.hpp"
#include "cattle/subscriber/subscription.hpp"
#include "docker-client/http/client.hpp"
#include "subscriber/http_options.hpp"
#include "tests/component/subscriber/recorder.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/test_ca.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace cattle::subscriber {
namespace {

using std::chrono::milliseconds;
using support::FakeProxy;
using support::FakeServer;
using support::FakeServerOptions;
using support::TestCa;

FakeServerOptions secured(const support::TestCertificate& certificate) {
  FakeServerOptions options;
  options.certificate_file = certificate.certificate_file;
  options.key_file = certificate.key_file;
  return options;
}

SubscriptionOptions towards(const std::string& url, const std::string& ca_file = "") {
  SubscriptionOptions options;
  options.connection.url = url;
  options.connection.access_key = "key";
  options.connection.secret_key = Secret("secret");
  options.connection.ca_file = ca_file;
  options.event_names = {"ping"};
  options.first_wait = milliseconds(10);
  options.most_wait = milliseconds(40);
  return options;
}

/// The first outage of a subscription that can't come up.
Outage outage_of(const SubscriptionOptions& options) {
  Recorder recorder;
  Subscription subscription(options, recorder.listener());
  subscription.start();
  return recorder.wait_outages(1) ? recorder.outages().front() : Outage{};
}

TEST(Tls, a_chain_and_a_name_that_fit_are_trusted) {
  const TestCa ca;
  const FakeServer server(secured(ca.issue({"localhost", "127.0.0.1"})));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    Recorder recorder;
    Subscription subscription(towards(server.url("/v1", host), ca.ca_file()), recorder.listener());
    subscription.start();
    EXPECT_TRUE(recorder.wait_subscribed(1)) << host;
  }
}

TEST(Tls, big_frames_come_through_and_stop_is_clean) {
  const TestCa ca;
  FakeServer server(secured(ca.issue({"127.0.0.1"})));
  Recorder recorder;
  Subscription subscription(towards(server.url(), ca.ca_file()), recorder.listener());
  subscription.start();
  ASSERT_TRUE(recorder.wait_subscribed(1));
  const std::string text(4UL << 20U, 'x');
  server.send_fragmented(text, 64UL * 1024, true);
  ASSERT_TRUE(recorder.wait_frames(1));
  EXPECT_EQ(recorder.frames()[0], text);
  subscription.stop();
  EXPECT_TRUE(recorder.outages().empty());
}

TEST(Tls, an_unknown_authority_is_refused_and_named) {
  const TestCa ca;
  const TestCa other;
  const FakeServer server(secured(ca.issue({"127.0.0.1"})));
  for (const std::string& trusted : {other.ca_file(), std::string()}) {
    const Outage outage = outage_of(towards(server.url(), trusted));
    EXPECT_EQ(outage.step, Step::tls);
    EXPECT_NE(outage.detail.find("certificate"), std::string::npos) << outage.detail;
  }
  EXPECT_TRUE(server.requests().empty()) << "credentials were sent to a stranger";
}

TEST(Tls, a_certificate_for_another_name_is_refused) {
  const TestCa ca;
  const FakeServer server(secured(ca.issue({"other.test"})));
  for (const auto& host : {std::string("localhost"), std::string("127.0.0.1")}) {
    const Outage outage = outage_of(towards(server.url("/v1", host), ca.ca_file()));
    EXPECT_EQ(outage.step, Step::tls);
    EXPECT_TRUE(outage.refusal);
    EXPECT_NE(outage.detail.find("certificate was refused: it is not for " + host), std::string::npos)
        << outage.detail;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(Tls, an_expired_certificate_is_refused) {
  const TestCa ca;
  const FakeServer server(secured(ca.issue({"127.0.0.1"}, true)));
  const Outage outage = outage_of(towards(server.url(), ca.ca_file()));
  EXPECT_EQ(outage.step, Step::tls);
  EXPECT_NE(outage.detail.find("expired"), std::string::npos) << outage.detail;
}

TEST(Tls, extra_authorities_are_added_where_they_exist) {
  const TestCa ca;
  const TestCa other;
  const FakeServer server(secured(ca.issue({"127.0.0.1"})));
  auto options = towards(server.url(), other.ca_file());
  options.connection.extra_ca_files = {"/nowhere/ca.crt", ca.ca_file()};
  Recorder recorder;
  Subscription subscription(options, recorder.listener());
  subscription.start();
  EXPECT_TRUE(recorder.wait_subscribed(1));
  const Publisher publisher({options.connection});
  EXPECT_EQ(publisher.publish_once(R"({"name":"reply.1","previousIds":["a"]})").status, 201);
}

TEST(Tls, an_authority_that_is_stored_during_the_outage_ends_it) {
  const TestCa ca;
  const TestCa other;
  const FakeServer server(secured(ca.issue({"127.0.0.1"})));
  const auto stored = other.ca_file() + ".stored";
  auto options = towards(server.url(), other.ca_file());
  options.connection.extra_ca_files = {stored};
  Recorder recorder;
  Subscription subscription(options, recorder.listener());
  subscription.start();
  ASSERT_TRUE(recorder.wait_outages(1));
  std::filesystem::copy_file(ca.ca_file(), stored);
  EXPECT_TRUE(recorder.wait_subscribed(1));
}

TEST(Tls, authorities_that_can_not_be_read_are_named) {
  const TestCa ca;
  const FakeServer server(secured(ca.issue({"127.0.0.1"})));
  const Outage outage = outage_of(towards(server.url(), "/nowhere/ca.crt"));
  EXPECT_EQ(outage.step, Step::tls);
  EXPECT_NE(outage.detail.find("certificate authorities"), std::string::npos) << outage.detail;
}

TEST(Tls, authorities_that_are_a_pipe_are_not_waited_for) {
  const TestCa ca;
  const FakeServer server(secured(ca.issue({"127.0.0.1"})));
  const auto pipe = ca.ca_file() + ".pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Outage outage = outage_of(towards(server.url(), pipe));
  EXPECT_EQ(outage.step, Step::tls);
  EXPECT_NE(outage.detail.find("certificate authorities"), std::string::npos) << outage.detail;
}

TEST(Tls, plain_text_on_the_other_side_is_no_tls) {
  const FakeServer server;
  auto options = towards("https://127.0.0.1:" + std::to_string(server.port()) + "/v1");
  options.tls_timeout = milliseconds(200);
  const Outage outage = outage_of(options);
  EXPECT_EQ(outage.step, Step::tls);
}

TEST(Tls, S35_a_redirect_to_https_on_the_same_host_is_followed_and_kept) {
  const TestCa ca;
  FakeServer secure(secured(ca.issue({"127.0.0.1"})));
  FakeServer plain;
  support::ServerAnswer redirect;
  redirect.status = 301;
  redirect.headers = {{"Location", secure.url("/v1/subscribe")}};
  plain.answer("/subscribe", redirect);
  Recorder recorder;
  Subscription subscription(towards(plain.url(), ca.ca_file()), recorder.listener());
  subscription.start();
  ASSERT_TRUE(secure.wait_subscribed(1));
  secure.cut();
  ASSERT_TRUE(secure.wait_subscribed(2));
  EXPECT_EQ(plain.requests("/subscribe").size(), 1U);
}

support::ServerAnswer moved_to(const std::string& location) {
  support::ServerAnswer redirect;
  redirect.status = 302;
  redirect.headers = {{"Location", location}};
  return redirect;
}

TEST(Tls, S35_replies_and_config_items_follow_to_https_on_the_same_host_and_stay_there) {
  const TestCa ca;
  const FakeServer secure(secured(ca.issue({"127.0.0.1"})));
  FakeServer plain;
  plain.answer("/publish", moved_to(secure.url("/v1/publish")));
  plain.answer("/configcontent/pyagent", moved_to(secure.url("/v1/configcontent/pyagent")));
  const auto connection = towards(plain.url(), ca.ca_file()).connection;
  const Publisher publisher({connection});
  EXPECT_EQ(publisher.publish_once(R"({"name":"reply.1","previousIds":["a"]})").status, 201);
  EXPECT_EQ(publisher.publish_once(R"({"name":"reply.1","previousIds":["b"]})").status, 201);
  EXPECT_EQ(secure.replies().size(), 2U);
  EXPECT_EQ(plain.requests("/publish").size(), 1U);

  const http::Client api(http_options(connection));
  http::Request put;
  put.method = "PUT";
  put.target = "/configcontent/pyagent?version=latest";
  EXPECT_EQ(api.send(put).status, 200);
  EXPECT_EQ(secure.requests("/configcontent/pyagent").at(0).method, "PUT");
}

TEST(Tls, S35_credentials_follow_no_redirect_to_another_host_or_away_from_https) {
  const TestCa ca;
  FakeServer secure(secured(ca.issue({"127.0.0.1", "localhost"})));
  FakeServer plain;
  plain.answer("/publish", moved_to(secure.url("/v1/publish", "localhost")));
  const Publisher elsewhere({towards(plain.url(), ca.ca_file()).connection});
  EXPECT_EQ(elsewhere.publish_once("{}").status, 302);
  EXPECT_TRUE(secure.requests().empty());

  secure.answer("/publish", moved_to(plain.url("/v1/publish")));
  const Publisher downwards({towards(secure.url(), ca.ca_file()).connection});
  EXPECT_EQ(downwards.publish_once("{}").status, 302);
  EXPECT_EQ(plain.requests("/publish").size(), 1U);
}

TEST(Proxy, P52_the_subscription_and_the_publisher_go_through_it_with_its_credentials) {
  const FakeServer server;
  const FakeProxy proxy("user", "pass word");
  auto options = towards(server.url());
  options.connection.proxy = "http://user:pass%20word@127.0.0.1:" + std::to_string(proxy.port());
  Recorder recorder;
  Subscription subscription(options, recorder.listener());
  subscription.start();
  ASSERT_TRUE(recorder.wait_subscribed(1));
  const std::string target = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(proxy.request_lines(), std::vector<std::string>{"CONNECT " + target + " HTTP/1.1"});
  EXPECT_EQ(server.requests("/subscribe").at(0).header("host"), target);
  EXPECT_EQ(server.requests("/subscribe").at(0).header("proxy-authorization"), "");

  const Publisher publisher({options.connection});
  EXPECT_EQ(publisher.publish_once(R"({"name":"reply.1","previousIds":["a"]})").status, 201);
  EXPECT_EQ(proxy.request_lines().size(), 2U);
}

TEST(Proxy, tls_runs_inside_the_tunnel) {
  const TestCa ca;
  const FakeServer server(secured(ca.issue({"127.0.0.1"})));
  const FakeProxy proxy;
  auto options = towards(server.url(), ca.ca_file());
  options.connection.proxy = "127.0.0.1:" + std::to_string(proxy.port());
  Recorder recorder;
  Subscription subscription(options, recorder.listener());
  subscription.start();
  ASSERT_TRUE(recorder.wait_subscribed(1));
  for (const auto& head : proxy.heads()) EXPECT_EQ(head.find("\r\nAuthorization"), std::string::npos);
}

TEST(Proxy, P52_no_proxy_goes_round_it) {
  const FakeServer server;
  const FakeProxy proxy;
  auto options = towards(server.url());
  options.connection.proxy = proxy.url();
  options.connection.no_proxy = "example.test,127.0.0.0/8";
  Recorder recorder;
  Subscription subscription(options, recorder.listener());
  subscription.start();
  ASSERT_TRUE(recorder.wait_subscribed(1));
  const Publisher publisher({options.connection});
  EXPECT_EQ(publisher.publish_once(R"({"name":"reply.1","previousIds":["a"]})").status, 201);
  EXPECT_TRUE(proxy.heads().empty());
}

TEST(Proxy, its_refusal_is_told_apart_from_the_servers) {
  const FakeServer server;
  const FakeProxy proxy("user", "password");
  auto options = towards(server.url());
  options.connection.proxy = proxy.url();
  const Outage refused = outage_of(options);
  EXPECT_EQ(refused.step, Step::proxy);
  EXPECT_NE(refused.detail.find("HTTP 407"), std::string::npos) << refused.detail;
  EXPECT_EQ(refused.trouble, Trouble::unreachable);
}

TEST(Proxy, one_that_is_none_is_refused_at_once) {
  auto options = towards("http://127.0.0.1:1/v1");
  options.connection.proxy = "socks5://127.0.0.1:1080";
  EXPECT_THROW(Subscription(options, {}), std::invalid_argument);
}

}  // namespace
}  // namespace cattle::subscriber
