// SPDX-License-Identifier: Apache-2.0
// DOCKER_HOST=tcp:// with TLS, against a dockerd of this test's own that verifies its clients.
#include "docker-client/client.hpp"
#include "tests/support/test_ca.hpp"
#include "tests/support/test_engine.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace cattle::docker {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TlsEngine : public tests::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (::geteuid() != 0) GTEST_SKIP() << "only root can run a dockerd";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    start();
  }

  void TearDown() override {
    if (child_ > 0) {
      ::kill(child_, SIGTERM);
      ::waitpid(child_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void start() {
    const auto certificate = ca_.issue({"127.0.0.1"});
    std::vector<std::string> words{"dockerd",
                                   "--host=tcp://127.0.0.1:0",
                                   "--tlsverify",
                                   "--tlscacert=" + ca_.ca_file(),
                                   "--tlscert=" + certificate.certificate_file,
                                   "--tlskey=" + certificate.key_file,
                                   "--data-root=" + folder_ + "/r",
                                   "--exec-root=" + folder_ + "/e",
                                   "--pidfile=" + folder_ + "/p",
                                   "--bridge=none",
                                   "--iptables=false",
                                   "--ip6tables=false"};
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      static_cast<void>(std::freopen((folder_ + "/log").c_str(), "w", stderr));
      ::execvp("dockerd", arguments.data());
      ::_exit(127);
    }
    const std::string said = "API listen on 127.0.0.1:";
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (port_.empty() && std::chrono::steady_clock::now() < limit) {
      const std::string log = read(folder_ + "/log");
      const auto at = log.find(said);
      const auto end = log.find('"', at);
      if (at != std::string::npos && end != std::string::npos)
        port_ = log.substr(at + said.size(), end - at - said.size());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ASSERT_FALSE(port_.empty()) << read(folder_ + "/log");
  }

  /// A folder as DOCKER_CERT_PATH names it.
  std::string cert_path(const support::TestCa& authority, const support::TestCa& client) {
    std::string path = folder_ + "/c" + std::to_string(++folders_);
    std::filesystem::create_directory(path);
    const auto certificate = client.issue_client("agent");
    std::filesystem::copy_file(authority.ca_file(), path + "/ca.pem");
    std::filesystem::copy_file(certificate.certificate_file, path + "/cert.pem");
    std::filesystem::copy_file(certificate.key_file, path + "/key.pem");
    return path;
  }

  EngineOptions options(const std::string& certificates) const {
    EngineOptions options;
    options.host = "tcp://127.0.0.1:" + port_;
    options.tls = true;
    options.cert_path = certificates;
    return options;
  }

  ErrorKind failure(const EngineOptions& options) const {
    try {
      Client(options).ping({});
    } catch (const Error& error) {
      return error.kind();
    }
    ADD_FAILURE() << "the engine answered";
    return ErrorKind::engine;
  }

  support::TestCa ca_;
  std::string folder_ = "/tmp/td-XXXXXX";
  std::string port_;
  int folders_ = 0;
  pid_t child_ = -1;
};

TEST_F(TlsEngine, certificates_of_both_sides_are_checked) {
  const Client client(options(cert_path(ca_, ca_)));
  client.ping({});
  EXPECT_EQ(client.known_version({}).used_api_version, "1.24");
  EXPECT_FALSE(client.info({}).id.empty());

  const support::TestCa stranger;
  EXPECT_EQ(failure(options(cert_path(stranger, ca_))), ErrorKind::unavailable)
      << "we don't trust the engine";
  EXPECT_EQ(failure(options(cert_path(ca_, stranger))), ErrorKind::unavailable)
      << "the engine does not trust us";
  EngineOptions careless = options(cert_path(stranger, ca_));
  careless.tls_verify = false;
  Client(careless).ping({});
}

}  // namespace
}  // namespace cattle::docker
