// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace cattle::agent::doctor {
namespace {

using support::FakeProxy;
using support::TestCertificate;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kApiRoot = R"({"type":"apiVersion","id":"v1"})";

std::string date_at(std::time_t time) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::string text(64, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  return text;
}

TEST_F(Doctor, names_routes_and_proxies) {
  variables_["CATTLE_URL"] = "http://no-such-host.invalid:8080/v1";
  EXPECT_THAT(found(), only(Cause::name_resolution)) << last_.output;
  variables_["CATTLE_URL"] = "http://127.0.0.1:1/v1";
  EXPECT_THAT(found(), only(Cause::route)) << last_.output;
  variables_["CATTLE_URL"] = server_.url();
  variables_["http_proxy"] = "http://127.0.0.1:1";
  EXPECT_THAT(found(), only(Cause::proxy)) << last_.output;
  FakeProxy proxy;
  proxy.refuse(403);
  variables_["http_proxy"] = proxy.url();
  EXPECT_THAT(found(), only(Cause::proxy)) << last_.output;
  proxy.refuse(0);
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
  variables_["http_proxy"] = "http://127.0.0.1:1";
  variables_["no_proxy"] = "127.0.0.0/8";
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
}

TEST_F(Doctor, a_proxy_variable_that_names_no_proxy) {
  for (const auto* value : {"::::", "https://127.0.0.1:1", "http://user:secret@:x"}) {
    variables_["http_proxy"] = value;
    EXPECT_THAT(found(), only(Cause::proxy)) << value << last_.output;
    EXPECT_THAT(last_.output, testing::AllOf(HasSubstr("http_proxy"), HasSubstr("http://host:port")));
    EXPECT_EQ(last_.output.find("secret"), std::string::npos);
  }
  variables_["no_proxy"] = "127.0.0.1";
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
}

TEST_F(Doctor, a_network_without_routes) {
  if (!is_root()) GTEST_SKIP() << "network namespaces take root";
  variables_["CATTLE_URL"] = "http://203.0.113.7:8080/v1";
  EXPECT_THAT(found([] { return ::unshare(CLONE_NEWNET) == 0; }), only(Cause::route)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("unreachable"));
}

TEST_F(Doctor, an_address_without_routes_is_the_routes_fault) {
  if (!is_root()) GTEST_SKIP() << "network namespaces take root";
  variables_["CATTLE_URL"] = "http://203.0.113.7:8080/v1";
  variables_.erase("CATTLE_AGENT_IP");
  const auto codes = found([] {
    return ::unshare(CLONE_NEWNET) == 0 &&
           std::system(
               "ip link set lo up && ip link add lan0 type bridge && "  // NOLINT(concurrency-mt-unsafe)
               "ip addr add 10.9.8.7/24 dev lan0 && ip link set lan0 up") == 0;
  });
  EXPECT_THAT(codes, only(Cause::route)) << last_.output << last_.errors;
}

TEST_F(Doctor, the_clock_by_the_servers_date) {
  constexpr std::time_t kHour = 3600;
  server_.answer("/v1", {200, kApiRoot, {{"Date", date_at(std::time(nullptr) + kHour)}}});
  EXPECT_THAT(found(), only(Cause::clock)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("behind"));
  server_.answer("/v1", {200, kApiRoot, {{"Date", date_at(std::time(nullptr) - kHour)}}});
  EXPECT_THAT(found(), only(Cause::clock)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("ahead"));
  server_.answer("/v1", {200, kApiRoot, {{"Date", date_at(std::time(nullptr))}}});
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
}

TEST_F(Doctor, what_the_server_says_to_the_key_and_the_upgrade) {
  const std::vector<std::pair<int, Cause>> table{
      {401, Cause::credentials}, {403, Cause::agent_gone},   {422, Cause::agent_gone},  {404, Cause::server},
      {503, Cause::server},      {200, Cause::upgrade_path}, {426, Cause::upgrade_path}};
  for (const auto& [status, cause] : table) {
    server_.answer("/subscribe", {status, "<html>no</html>"});
    EXPECT_THAT(found(), only(cause)) << status << last_.output;
  }
  server_.answer("/subscribe", {101, "", {{"X-API-ACCOUNT-KIND", "admin"}}});
  EXPECT_THAT(found(), only(Cause::credentials)) << last_.output;
}

TEST_F(Doctor, what_is_no_cattle_server_is_not_blamed_on_the_way_to_it) {
  using Kind = support::ServerAnswer::Kind;
  const auto seen = [&](const std::string& what) {
    EXPECT_THAT(found(), only(Cause::server)) << what << last_.output;
    EXPECT_THAT(last_.output, HasSubstr(what));
    EXPECT_EQ(last_.output.find("WebSocket"), std::string::npos) << last_.output;
  };
  for (const auto* path : {"/subscribe", "/v1"})
    server_.answer(path, {200, "<html>", {{"Content-Type", "text/html"}}});
  seen("no cattle server: HTTP 200, text/html");
  for (const auto* path : {"/subscribe", "/v1"})
    server_.answer(path, {401, "<html>", {{"Content-Type", "text/html"}}});
  seen("no cattle server: HTTP 401, text/html");
  support::FakeServer other;
  for (const auto* path : {"/subscribe", "/v1"}) server_.answer(path, {302, "", {{"Location", other.url()}}});
  seen("redirects to " + other.url());
  EXPECT_THAT(other.requests(), IsEmpty()) << "no key goes there";
  support::ServerAnswer hanging;
  hanging.kind = Kind::hang;
  for (const auto* path : {"/subscribe", "/v1"}) server_.answer(path, hanging);
  seen("takes connections and does not answer");
  support::ServerAnswer dropping;
  dropping.kind = Kind::drop;
  for (const auto* path : {"/subscribe", "/v1"}) server_.answer(path, dropping);
  seen("gives no answer");
  server_.answer("/v1", {200, kApiRoot});
  EXPECT_THAT(found(), only(Cause::upgrade_path)) << "the API is there, the upgrade is not" << last_.output;
  for (const auto& request : server_.requests("/v1")) EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(Doctor, a_url_of_http_for_a_port_of_https) {
  const support::TestCa ca;
  const auto server = secure(ca.issue({"127.0.0.1"}));
  variables_["CATTLE_URL"] = "http://127.0.0.1:" + std::to_string(server->port()) + "/v1";
  EXPECT_THAT(found(), only(Cause::server)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("https://"));
}

/// Takes connections and closes each at once.
class ClosingPort {
 public:
  ClosingPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      for (int taken = 0; (taken = ::accept(listener_, nullptr, nullptr)) >= 0;) ::close(taken);
    });
  }
  ~ClosingPort() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  ClosingPort(const ClosingPort&) = delete;
  ClosingPort& operator=(const ClosingPort&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int listener_;
  int port_ = 0;
  std::jthread thread_;
};

TEST_F(Doctor, a_port_that_closes_every_connection_does_not_end_the_program) {
  const ClosingPort server;
  variables_["CATTLE_URL"] = "http://127.0.0.1:" + std::to_string(server.port()) + "/v1";
  EXPECT_THAT(found(), only(Cause::server)) << last_.output;
  variables_["CATTLE_URL"] = "https://127.0.0.1:" + std::to_string(server.port()) + "/v1";
  EXPECT_THAT(found(), only(Cause::tls)) << last_.output;
}

TEST_F(Doctor, keys_of_which_a_half_is_missing_are_not_judged_by_the_server) {
  server_.answer("/subscribe", {401, R"({"type":"error","status":401})"});
  variables_.erase("CATTLE_SECRET_KEY");
  EXPECT_THAT(found(), only(Cause::configuration)) << last_.output;
}

TEST_F(Doctor, what_a_server_says_stays_one_line_of_text) {
  for (const auto* path : {"/subscribe", "/v1"})
    server_.answer(path, {200, "<html>", {{"Content-Type", "text/\xff\x1b[2J"}}});
  EXPECT_THAT(found(), only(Cause::server)) << last_.output;
  EXPECT_EQ(last_.output.find('\x1b'), std::string::npos);
  variables_["CATTLE_AGENT_IP"] = "if:\xff\n\x1b[2J";
  EXPECT_THAT(found(), testing::Contains(static_cast<int>(Cause::address))) << last_.output;
  const auto text = run_program({"doctor"}, variables_);
  EXPECT_EQ(text.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::count(text.output.begin(), text.output.end(), '\n'), 4) << text.output;
}

TEST_F(Doctor, certificates) {
  const support::TestCa ca;
  const support::TestCa other;
  const std::vector<std::string> names{"127.0.0.1"};
  variables_["SSL_CERT_FILE"] = ca.ca_file();
  const std::vector<std::pair<TestCertificate, Cause>> table{
      {ca.issue({"other.example"}), Cause::certificate_name},
      {ca.issue(names, true), Cause::certificate_expired},
      {ca.issue_early(names), Cause::certificate_early},
      {ca.issue_by_intermediate(names, false), Cause::certificate_chain},
      {other.issue_by_intermediate(names, true), Cause::certificate_unknown}};
  for (const auto& [certificate, cause] : table) {
    const auto server = secure(certificate);
    EXPECT_THAT(found(), only(cause)) << last_.output;
  }
  const auto good = secure(ca.issue(names));
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
  variables_["CATTLE_URL"] = "https://127.0.0.1:" + std::to_string(server_.port()) + "/v1";
  EXPECT_THAT(found(), only(Cause::tls)) << last_.output;
}

TEST_F(Doctor, a_server_that_insists_on_a_certificate_of_the_client) {
  const support::TestCa ca;
  const auto certificate = ca.issue({"127.0.0.1"});
  variables_["SSL_CERT_FILE"] = ca.ca_file();
  support::FakeServerOptions options;
  options.certificate_file = certificate.certificate_file;
  options.key_file = certificate.key_file;
  options.insists_on_client_certificate = true;
  const support::FakeServer server(options);
  variables_["CATTLE_URL"] = server.url();
  EXPECT_THAT(found(), only(Cause::tls)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("asks for a certificate of the client"));
}

TEST_F(Doctor, everything_down_at_once_is_still_said_in_time) {
  variables_["CATTLE_URL"] = "https://192.0.2.254:8443/v1";
  variables_["DOCKER_HOST"] = "tcp://192.0.2.254:2375";
  EXPECT_THAT(found(), testing::Contains(static_cast<int>(Cause::route))) << last_.output;
}

}  // namespace
}  // namespace cattle::agent::doctor
