// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/client.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/test_ca.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace cattle::http {
namespace {

using std::chrono::milliseconds;
using support::FakeServer;
using support::FakeServerOptions;
using support::ServerAnswer;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = TransportError::Kind;

ClientOptions to(const FakeServer& server, const std::string& host = "127.0.0.1") {
  ClientOptions options;
  options.base_url = server.url("", host);
  options.username = "key";
  options.password = "secret";
  return options;
}

Request get(const std::string& target, milliseconds timeout = milliseconds(5'000)) {
  Request request;
  request.target = target;
  request.timeout = timeout;
  return request;
}

TransportError error_of(const ClientOptions& options, const Request& request,
                        const std::stop_token& stop = {}) {
  try {
    static_cast<void>(Client(options).send(request, stop));
  } catch (const TransportError& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {Kind::other, ""};
}

class Http : public ::testing::Test {
 protected:
  Http() {
    ServerAnswer fine;
    fine.body = "fine";
    fine.headers = {{"X-Odd-Case", " value "}};
    server.answer("/fine", fine);
    ServerAnswer hang;
    hang.kind = ServerAnswer::Kind::hang;
    server.answer("/hang", hang);
  }
  FakeServer server;
};

TEST_F(Http, request_and_answer_arrive_whole) {
  Request request = get("/fine?a=b%20c");
  request.method = "PUT";
  request.body = "{}";
  request.headers = {{"X-Mine", "1"}};
  const Response response = Client(to(server)).send(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "fine");
  ASSERT_NE(response.header("x-odd-case"), nullptr);
  EXPECT_EQ(*response.header("x-odd-case"), "value");
  EXPECT_EQ(response.header("absent"), nullptr);
  const auto seen = server.requests("/fine").at(0);
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/fine?a=b%20c");
  EXPECT_EQ(seen.body, "{}");
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.header("authorization"), "Basic a2V5OnNlY3JldA==");
  EXPECT_EQ(seen.header("x-mine"), "1");
  EXPECT_EQ(seen.header("expect"), "");
}

TEST_F(Http, one_handle_sends_all_methods_in_turn) {
  const Client client(to(server));
  for (const char* method : {"GET", "POST", "DELETE", "PUT", "HEAD", "GET"}) {
    Request request = get("/fine");
    request.method = method;
    if (request.method == "POST") request.body = "{\"a\":1}";
    EXPECT_EQ(client.send(request).status, 200) << method;
    const auto seen = server.requests("/fine").back();
    EXPECT_EQ(seen.method, method);
    EXPECT_EQ(seen.body, request.body);
  }
}

TEST_F(Http, file_is_uploaded_as_body) {
  std::string path = "/tmp/cu-XXXXXX";
  ASSERT_GE(::mkstemp(path.data()), 0);
  const std::string content(300'000, 'u');
  std::ofstream(path) << content;
  Request request = get("/fine");
  request.method = "POST";
  request.body_file = path;
  request.content_type = "application/x-tar";
  EXPECT_EQ(Client(to(server)).send(request).status, 200);
  EXPECT_EQ(server.requests("/fine").at(0).body, content);
  EXPECT_EQ(server.requests("/fine").at(0).header("content-type"), "application/x-tar");
  std::remove(path.c_str());
}

TEST_F(Http, status_is_an_answer_and_redirects_are_not_followed) {
  ServerAnswer moved;
  moved.status = 302;
  moved.headers = {{"Location", "/fine"}};
  server.answer("/moved", moved);
  const Client client(to(server));
  EXPECT_EQ(client.send(get("/moved")).status, 302);
  EXPECT_EQ(client.send(get("/nothing")).status, 404);
  EXPECT_TRUE(server.requests("/fine").empty());
}

TEST_F(Http, S41_closed_idle_connection_is_replaced) {
  const Client client(to(server));
  EXPECT_EQ(client.send(get("/fine")).status, 200);
  server.stop();
  server.start();
  EXPECT_EQ(client.send(get("/fine")).status, 200);
  ServerAnswer drop;
  drop.kind = ServerAnswer::Kind::drop;
  server.answer("/once", drop, 1);
  server.answer("/once", {}, -1);
  EXPECT_EQ(client.send(get("/once")).status, 200)
      << "dropped on the reused connection, repeated on a new one";
}

TEST_F(Http, silent_server_is_a_timeout_or_idle) {
  EXPECT_EQ(error_of(to(server), get("/hang", milliseconds(200))).kind(), Kind::timeout);
  Request idle = get("/hang", milliseconds(0));
  idle.idle_timeout = milliseconds(200);
  EXPECT_EQ(error_of(to(server), idle).kind(), Kind::idle);
}

TEST_F(Http, blocked_call_is_cancelled_at_once) {
  std::stop_source source;
  std::chrono::steady_clock::time_point stopped;
  std::jthread stopper([&] {
    EXPECT_TRUE(server.wait_requests("/hang", 1));
    stopped = std::chrono::steady_clock::now();
    source.request_stop();
  });
  EXPECT_EQ(error_of(to(server), get("/hang"), source.get_token()).kind(), Kind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - stopped, milliseconds(200));
}

TEST_F(Http, unreachable_is_told_by_step_and_never_with_the_password) {
  ClientOptions options = to(server);
  server.stop();
  TransportError error = error_of(options, get("/fine"));
  EXPECT_EQ(error.kind(), Kind::connect);
  EXPECT_TRUE(error.before_request());
  EXPECT_THAT(error.what(), HasSubstr("Connection refused"));
  options.base_url = "http://no-such-host.invalid";
  EXPECT_EQ(error_of(options, get("/fine")).kind(), Kind::resolve);
  options.base_url = "http://127.0.0.1:1";
  options.proxy = "foo://me:planted@127.0.0.1:1";
  EXPECT_THAT(error_of(options, get("/fine")).what(), Not(HasSubstr("planted")));
}

TEST_F(Http, proxy_is_used_and_its_refusal_is_told) {
  const support::FakeProxy proxy("user", "word");
  const support::TestCa ca;
  FakeServerOptions secure;
  const auto certificate = ca.issue({"127.0.0.1"});
  secure.certificate_file = certificate.certificate_file;
  secure.key_file = certificate.key_file;
  FakeServer target(secure);
  target.answer("/fine", {});
  ClientOptions options = to(target);
  options.ca_file = ca.ca_file();
  options.proxy = "http://user:word@127.0.0.1:" + std::to_string(proxy.port());
  EXPECT_EQ(Client(options).send(get("/fine")).status, 200);
  EXPECT_EQ(proxy.request_lines().size(), 1U);
  options.proxy = proxy.url();
  EXPECT_EQ(error_of(options, get("/fine")).kind(), Kind::proxy);
  options.no_proxy = "127.0.0.1";
  EXPECT_EQ(Client(options).send(get("/fine")).status, 200);
  EXPECT_EQ(proxy.request_lines().size(), 2U) << "the last one went past it";
}

TEST_F(Http, line_breaks_in_headers_are_refused) {
  Request request = get("/fine");
  request.headers = {{"X-Evil", "a\r\nX-Other: b"}};
  EXPECT_EQ(error_of(to(server), request).kind(), Kind::other);
  EXPECT_TRUE(server.requests("/fine").empty());
}

TEST_F(Http, stream_gets_good_bodies_and_returns_bad_ones) {
  const Client client(to(server));
  std::string bytes;
  int heads = 0;
  StreamSink sink;
  sink.on_head = [&heads](const Response& head) { heads += head.status == 200 ? 1 : 0; };
  sink.on_bytes = [&bytes](std::string_view piece) { bytes += piece; };
  EXPECT_EQ(client.stream(get("/fine"), sink).body, "");
  EXPECT_EQ(bytes, "fine");
  EXPECT_EQ(heads, 1);
  const Response bad = client.stream(get("/nothing"), sink);
  EXPECT_EQ(bad.status, 404);
  EXPECT_FALSE(bad.body.empty());
  EXPECT_EQ(bytes, "fine");
  sink.on_bytes = [](std::string_view) { throw std::logic_error("mine"); };
  EXPECT_THROW(static_cast<void>(client.stream(get("/fine"), sink)), std::logic_error);
}

class Https : public ::testing::Test {
 protected:
  std::unique_ptr<FakeServer> serve(const std::vector<std::string>& names, bool expired = false) {
    FakeServerOptions options;
    const auto certificate = ca.issue(names, expired);
    options.certificate_file = certificate.certificate_file;
    options.key_file = certificate.key_file;
    auto server = std::make_unique<FakeServer>(options);
    server->answer("/fine", {});
    return server;
  }
  support::TestCa ca;
};

TEST_F(Https, authority_is_checked) {
  const auto server = serve({"127.0.0.1"});
  ClientOptions options = to(*server);
  options.ca_file = ca.ca_file();
  EXPECT_EQ(Client(options).send(get("/fine")).status, 200);
  const support::TestCa other;
  options.ca_file = other.ca_file();
  EXPECT_EQ(error_of(options, get("/fine")).kind(), Kind::tls);
  options.extra_ca_files = {"/no/such/file", ca.ca_file()};
  EXPECT_EQ(Client(options).send(get("/fine")).status, 200)
      << "an extra authority is added, absent files are skipped";
  options = to(*server);
  EXPECT_EQ(error_of(options, get("/fine")).kind(), Kind::tls) << "the system's authorities don't know it";
  options.extra_ca_files = {ca.ca_file()};
  EXPECT_EQ(Client(options).send(get("/fine")).status, 200);
  options.extra_ca_files.clear();
  options.verify_peer = false;
  EXPECT_EQ(Client(options).send(get("/fine")).status, 200);
}

TEST_F(Https, an_authority_that_is_stored_later_counts_from_the_next_request_on) {
  const auto server = serve({"127.0.0.1"});
  const support::TestCa other;
  const auto stored = other.ca_file() + ".stored";
  ClientOptions options = to(*server);
  options.ca_file = other.ca_file();
  options.extra_ca_files = {stored};
  const Client client(options);
  EXPECT_THROW(static_cast<void>(client.send(get("/fine"))), TransportError);
  std::filesystem::copy_file(ca.ca_file(), stored);
  EXPECT_EQ(client.send(get("/fine")).status, 200);
}

TEST_F(Https, name_and_date_are_checked) {
  const auto elsewhere = serve({"elsewhere.example"});
  ClientOptions options = to(*elsewhere);
  options.ca_file = ca.ca_file();
  const TransportError error = error_of(options, get("/fine"));
  EXPECT_EQ(error.kind(), Kind::tls);
  EXPECT_TRUE(error.before_request());
  const auto expired = serve({"127.0.0.1"}, true);
  options.base_url = expired->url("");
  EXPECT_EQ(error_of(options, get("/fine")).kind(), Kind::tls);
}

}  // namespace
}  // namespace cattle::http
