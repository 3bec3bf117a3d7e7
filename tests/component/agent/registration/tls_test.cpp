// SPDX-License-Identifier: Apache-2.0
// One table of certificates, held to the doctor's verdict and to what registering and running do with it.
#include "agent/commands/tls_explanation.hpp"
#include "agent/doctor/server_checks.hpp"
#include "agent/registration/ca_certificate.hpp"
#include "cattle/subscriber/subscription.hpp"
#include "tests/component/agent/registration/program.hpp"
#include "tests/component/agent/registration/registration_fixture.hpp"
#include "tests/support/test_ca.hpp"

#include <fstream>
#include <thread>

namespace cattle::agent::registration {
namespace {

using doctor::Cause;
using support::FakeServer;
using support::FakeServerOptions;
using support::TestCertificate;
using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

class TlsMatrix : public RegistrationTest {
 protected:
  [[nodiscard]] static FakeServerOptions with(const TestCertificate& certificate) {
    FakeServerOptions options;
    options.certificate_file = certificate.certificate_file;
    options.key_file = certificate.key_file;
    return options;
  }
  [[nodiscard]] doctor::Findings examined(const FakeServer& server) const {
    doctor::ServerTarget target;
    target.connection.url = server.url();
    target.connection.access_key = "key";
    target.connection.secret_key = subscriber::Secret("secret");
    target.connection.ca_file = server_options_.ca_file;
    target.connection.extra_ca_files = server_options_.extra_ca_files;
    return doctor::check_server(target);
  }
  void expect_accepted(FakeServer& server) {
    EXPECT_THAT(examined(server), IsEmpty());
    accept_registration(server);
    EXPECT_EQ(register_at(registration_url(server)).access_key, "0011AABB");
  }
  /// What `run` would report.
  [[nodiscard]] subscriber::Outage outage(const FakeServer& server) const {
    subscriber::SubscriptionOptions options;
    options.connection.url = server.url();
    options.connection.ca_file = server_options_.ca_file;
    options.connection.extra_ca_files = server_options_.extra_ca_files;
    subscriber::Subscription subscription(options, {});
    subscription.start();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!subscription.health().outage && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return subscription.health().outage.value_or(subscriber::Outage{});
  }
  /// The same verdict everywhere, and not one request gets through.
  void expect_refused(const FakeServer& server, Cause cause, const std::string& remedy,
                      const std::string& openssl_word) {
    const auto findings = examined(server);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_STREQ(to_string(findings.front().cause), to_string(cause)) << findings.front().what;
    EXPECT_THAT(findings.front().remedy, HasSubstr(remedy));

    const auto failure = failure_at(registration_url(server));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->outcome(), Outcome::tls) << failure->what();
    EXPECT_EQ(waited().count(), 0) << "no waiting for a certificate to get better";
    EXPECT_THAT(commands::explanation(*failure, server.url(), server_options_),
                HasSubstr(findings.front().what + ": " + findings.front().remedy));

    const auto seen = outage(server);
    EXPECT_EQ(seen.step, subscriber::Step::tls);
    EXPECT_THAT(seen.detail, HasSubstr(openssl_word));
    EXPECT_THAT(server.requests(), IsEmpty());
  }

  support::TestCa ca_;
  const std::vector<std::string> names_{"127.0.0.1", kHost};
};

TEST_F(TlsMatrix, a_root_of_the_system_store_is_trusted) {
  FakeServer server(with(ca_.issue(names_)));
  server_options_.ca_file = ca_.ca_file();
  expect_accepted(server);
}

TEST_F(TlsMatrix, P22_a_private_root_that_was_stored_is_trusted_beside_the_systems) {
  FakeServer server(with(ca_.issue(names_)));
  server_options_.extra_ca_files = {ca_.ca_file()};
  expect_accepted(server);
}

TEST_F(TlsMatrix, a_private_root_that_nobody_stored) {
  FakeServer server(with(ca_.issue(names_)));
  expect_refused(server, Cause::certificate_unknown, "/var/lib/rancher/etc/ssl/ca.crt", "local issuer");
}

TEST_F(TlsMatrix, a_chain_that_is_whole_is_trusted) {
  FakeServer server(with(ca_.issue_by_intermediate(names_, true)));
  server_options_.extra_ca_files = {ca_.ca_file()};
  expect_accepted(server);
}

TEST_F(TlsMatrix, a_missing_intermediate_is_told_from_an_unknown_root) {
  FakeServer server(with(ca_.issue_by_intermediate(names_, false)));
  server_options_.extra_ca_files = {ca_.ca_file()};
  expect_refused(server, Cause::certificate_chain, "let the server send its chain", "local issuer");
}

TEST_F(TlsMatrix, a_missing_intermediate_under_a_root_of_a_store_of_ones_own) {
  FakeServer server(with(ca_.issue_by_intermediate(names_, false)));
  server_options_.ca_file = ca_.ca_file();
  expect_refused(server, Cause::certificate_chain, "let the server send its chain", "local issuer");
}

TEST_F(TlsMatrix, a_whole_chain_under_a_root_that_nobody_stored) {
  FakeServer server(with(ca_.issue_by_intermediate(names_, true)));
  expect_refused(server, Cause::certificate_unknown, "/var/lib/rancher/etc/ssl/ca.crt", "local issuer");
}

TEST_F(TlsMatrix, a_certificate_for_another_name) {
  FakeServer server(with(ca_.issue({"other.example", "10.0.0.1"})));
  server_options_.extra_ca_files = {ca_.ca_file()};
  // Asio's own check of the name says no more than that it failed.
  expect_refused(server, Cause::certificate_name, "issue it for 127.0.0.1", "certificate");
}

TEST_F(TlsMatrix, an_expired_certificate) {
  FakeServer server(with(ca_.issue(names_, true)));
  server_options_.extra_ca_files = {ca_.ca_file()};
  expect_refused(server, Cause::certificate_expired, "renew it on the server", "expired");
}

TEST_F(TlsMatrix, a_certificate_that_is_not_yet_valid) {
  FakeServer server(with(ca_.issue_early(names_)));
  server_options_.extra_ca_files = {ca_.ca_file()};
  expect_refused(server, Cause::certificate_early, "check this host's clock", "not yet valid");
}

TEST_F(TlsMatrix, a_stored_ca_without_the_fingerprint_is_a_finding) {
  FakeServer server(with(ca_.issue(names_)));
  doctor::ServerTarget target;
  target.connection.url = server.url();
  target.connection.access_key = "key";
  target.connection.secret_key = subscriber::Secret("secret");
  target.connection.extra_ca_files = {ca_.ca_file()};
  target.stored_ca = ca_.ca_file();
  target.ca_fingerprint = sha1_fingerprint(content(ca_.ca_file()));
  EXPECT_THAT(doctor::check_server(target), IsEmpty());
  target.ca_fingerprint = "AA:BB:CC";
  const auto findings = doctor::check_server(target);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front().cause, Cause::ca_fingerprint);
}

class Fingerprint : public TlsMatrix {
 protected:
  Fingerprint() : server_(with(ca_.issue(names_))), stored_(directory_ / "ssl/ca.crt") {
    server_options_.extra_ca_files = {stored_.string()};
    server_.answer("/scripts/ca.crt", {404, "{}"});
    server_.answer("/scripts/ca.pem", {200, content(ca_.ca_file())});
    request_.obtain_ca = [this] {
      return fetch_ca_certificate({registration_url(server_), fingerprint_, stored_.string()},
                                  server_options_, request_.say);
    };
  }

  /// The doctor's only finding where nothing is stored yet.
  [[nodiscard]] doctor::Finding examined_with_fingerprint(const std::string& trusted = "") const {
    doctor::ServerTarget target;
    target.connection.url = server_.url();
    target.connection.access_key = "key";
    target.connection.secret_key = subscriber::Secret("secret");
    target.connection.ca_file = trusted;
    target.stored_ca = stored_.string();
    target.ca_fingerprint = fingerprint_;
    const auto findings = doctor::check_server(target);
    EXPECT_EQ(findings.size(), 1U);
    EXPECT_FALSE(std::filesystem::exists(stored_)) << "a look changes nothing";
    for (const auto& request : server_.requests()) {
      EXPECT_THAT(request.path, AnyOf(EndsWith("/scripts/ca.crt"), EndsWith("/scripts/ca.pem")));
      EXPECT_EQ(request.header("authorization"), "");
    }
    return findings.empty() ? doctor::Finding() : findings.front();
  }

  std::string fingerprint_ = sha1_fingerprint(content(ca_.ca_file()));
  FakeServer server_;
  std::filesystem::path stored_;
};

TEST_F(Fingerprint, P21_the_ca_is_stored_when_it_matches_and_what_follows_is_verified) {
  accept_registration(server_);
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(sha1_fingerprint(content(stored_)), fingerprint_);
  const auto requests = server_.requests();
  ASSERT_GT(requests.size(), 2U);
  // The only two that went out unverified tell nothing about this host or its token.
  EXPECT_EQ(requests[0].target, "/v1/scripts/ca.crt");
  EXPECT_EQ(requests[1].target, "/v1/scripts/ca.pem");
  for (const auto index : {0U, 1U}) {
    EXPECT_EQ(requests[index].header("authorization"), "");
    EXPECT_EQ(requests[index].header("cookie"), "");
    EXPECT_EQ(requests[index].body, "");
  }
}

TEST_F(Fingerprint, P21_nothing_is_stored_and_nothing_else_is_sent_when_it_does_not_match) {
  fingerprint_ = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33";
  accept_registration(server_);
  const auto failure = failure_at(registration_url(server_));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->outcome(), Outcome::tls);
  EXPECT_THAT(failure->what(), HasSubstr("CA_FINGERPRINT"));
  EXPECT_FALSE(std::filesystem::exists(stored_));
  const auto told = commands::explanation(*failure, registration_url(server_), server_options_);
  EXPECT_THAT(told, HasSubstr("compare CA_FINGERPRINT"));
  EXPECT_THAT(told, testing::Not(HasSubstr("store that CA"))) << "it may be an attacker's";
  for (const auto& request : server_.requests())
    EXPECT_THAT(request.path, AnyOf(EndsWith("/ca.crt"), EndsWith("/ca.pem")));
}

TEST_F(Fingerprint, the_doctor_tells_a_ca_of_another_fingerprint_from_one_that_is_not_served) {
  server_.answer("/scripts/ca.crt", {200, content(ca_.ca_file())});
  auto finding = examined_with_fingerprint();
  EXPECT_EQ(finding.cause, Cause::certificate_unknown) << finding.what;
  EXPECT_THAT(finding.remedy, HasSubstr("it stores that CA"));

  const auto right = fingerprint_;
  const support::TestCa other;
  fingerprint_ = "AA:BB:CC";
  for (const auto* name : {"/scripts/ca.crt", "/scripts/ca.pem"}) {
    for (const auto* none : {"/scripts/ca.crt", "/scripts/ca.pem"}) server_.answer(none, {404, "{}"});
    server_.answer(name, {200, content(ca_.ca_file())});
    for (const auto& trusted : {std::string(), other.ca_file()}) {
      finding = examined_with_fingerprint(trusted);
      EXPECT_EQ(finding.cause, Cause::ca_fingerprint) << name << finding.what;
      EXPECT_THAT(finding.remedy, HasSubstr("compare CA_FINGERPRINT"));
    }
  }

  fingerprint_ = right;
  FakeServer away;
  away.answer("/scripts/ca.pem", {200, content(ca_.ca_file())});
  for (const auto& answer :
       {support::ServerAnswer{404, "{}"}, support::ServerAnswer{200, "<html>"},
        support::ServerAnswer{302, "", {{"Location", away.url("/v1/scripts/ca.pem")}}}}) {
    server_.answer("/scripts/ca.crt", answer);
    server_.answer("/scripts/ca.pem", answer);
    finding = examined_with_fingerprint();
    EXPECT_EQ(finding.cause, Cause::certificate_unknown) << answer.status << finding.what;
    EXPECT_THAT(finding.what, HasSubstr("serves no CA"));
    EXPECT_THAT(finding.remedy, HasSubstr("administrator"));
  }
  EXPECT_THAT(away.requests(), IsEmpty()) << "a redirect is not followed";
}

TEST_F(Fingerprint, P21_a_redirect_of_the_unverified_request_is_not_followed) {
  FakeServer other;
  const auto away = other.url("/v1/scripts/ca.pem");
  server_.answer("/scripts/ca.crt", {302, "", {{"Location", away}}});
  server_.answer("/scripts/ca.pem", {302, "", {{"Location", away}}});
  other.answer("/scripts/ca.pem", {200, content(ca_.ca_file())});
  const auto failure = failure_at(registration_url(server_));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->outcome(), Outcome::tls);
  EXPECT_FALSE(std::filesystem::exists(stored_));
  EXPECT_THAT(other.requests(), IsEmpty());
}

TEST_F(Fingerprint, P21_a_server_that_is_trusted_already_is_not_asked_for_its_ca) {
  server_options_.ca_file = ca_.ca_file();
  accept_registration(server_);
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_FALSE(std::filesystem::exists(stored_));
  EXPECT_THAT(server_.requests("/ca.pem"), IsEmpty());
}

TEST_F(Fingerprint, P21_a_stored_ca_is_never_replaced) {
  std::filesystem::create_directories(stored_.parent_path());
  std::ofstream(stored_) << content(support::TestCa().ca_file());
  const auto before = content(stored_);
  EXPECT_TRUE(failure_at(registration_url(server_)));
  EXPECT_EQ(content(stored_), before);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(Fingerprint, without_one_there_is_no_unverified_request) {
  fingerprint_.clear();
  EXPECT_TRUE(failure_at(registration_url(server_)));
  EXPECT_THAT(server_.requests(), IsEmpty());
}

}  // namespace
}  // namespace cattle::agent::registration
