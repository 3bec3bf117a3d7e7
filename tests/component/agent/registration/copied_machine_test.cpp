// SPDX-License-Identifier: Apache-2.0
// What the program does on a machine that is a copy of another; the verdicts are in identity_test.cpp.
#include "tests/component/agent/registration/command_fixture.hpp"
#include "tests/support/notify_socket.hpp"

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace cattle::agent {
namespace {

using namespace registration;
using testing::HasSubstr;

class CopiedMachine : public Command {
 protected:
  void write(const std::filesystem::path& file, const std::string& text) const {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  /// Of the machine that this one is a copy of.
  void was_another_machine(const std::string& cloud_id) const {
    write(state("machine.json"), R"({"machineId":"","productUuid":"another","cloudId":")" + cloud_id +
                                     R"(","virtualMachine":true})");
  }
  /// In the child: firmware that says which machine this is, and that it is a virtual one.
  [[nodiscard]] std::function<bool()> firmware() const {
    const auto cpuinfo = directory_ / "cpuinfo";
    write(cpuinfo, "flags : fpu hypervisor sse\n");
    return [cpuinfo] {
      if (!mount_tmpfs("/sys/class", "") ||
          ::mount(cpuinfo.c_str(), "/proc/cpuinfo", nullptr, MS_BIND, nullptr) != 0)
        return false;
      std::filesystem::create_directories("/sys/class/dmi/id");
      std::ofstream("/sys/class/dmi/id/product_uuid") << "this one\n";
      return true;
    };
  }
};

TEST_F(CopiedMachine, one_that_was_ended_before_it_had_registered_anew_does_so_at_the_next_start) {
  accept_registration(server_);
  ASSERT_EQ(run_register().code, 0);
  write(state("clone-of/access_key"), "0011AABB\n");
  for (const auto* name : {"credentials.conf", ".registration_token", "machine.json"})
    std::filesystem::rename(state(name), state("clone-of") / name);
  engine_.add_image("rancher/agent:v1.2.11");
  engine_.add_container("rancher-agent", {{"Image", "rancher/agent:v1.2.11"}});  // Else it would not end.
  const auto result = run({"run"});
  EXPECT_EQ(result.code, 6) << result.output << result.errors;
  EXPECT_TRUE(std::filesystem::exists(state("credentials.conf")));
  EXPECT_NE(content(state(".registration_token")), content(state("clone-of/.registration_token")));
}

TEST_F(CopiedMachine, a_registration_that_fails_leaves_the_copied_key_refused) {
  accept_registration(server_);
  ASSERT_EQ(run_register().code, 0);
  was_another_machine("");
  on_host_ = firmware();
  server_.answer(kToken, {404, R"({"type":"error","status":404})"});
  EXPECT_EQ(run_register().code, 15);
  EXPECT_EQ(content(state("clone-of/access_key")), "0011AABB\n");
  EXPECT_FALSE(std::filesystem::exists(state("credentials.conf")));
}

/// In this network namespace, on the metadata service's address: a cloud that gives every question one
/// answer.
::pid_t cloud_that_says(const std::string& id) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  ::inet_pton(AF_INET, "169.254.169.254", &address.sin_addr);
  EXPECT_EQ(::bind(listener, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof(address)), 0);
  EXPECT_EQ(::listen(listener, 8), 0);
  const auto answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(id.size()) +
                      "\r\n\r\n" + id;
  const auto child = ::fork();
  while (child == 0) {
    const int peer = ::accept(listener, nullptr, nullptr);
    std::array<char, 4'096> request{};
    if (::read(peer, request.data(), request.size()) <= 0 || ::write(peer, answer.data(), answer.size()) < 0)
      ::_exit(1);
    ::close(peer);
  }
  ::close(listener);
  return child;
}

TEST_F(CopiedMachine, the_clouds_late_word_lets_it_register_anew_in_the_same_process) {
  std::thread([this] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    ASSERT_EQ(std::system("ip link set lo up && ip addr add 169.254.169.254/32 dev lo"), 0);  // NOLINT
    const auto cloud = cloud_that_says("i-2");
    support::FakeServerOptions any_key;
    any_key.check_credentials = false;
    support::FakeServer server(any_key);
    accept_registration(server);
    const support::NotifySocket systemd((directory_ / "notify").string());
    write(directory_ / "sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
    was_another_machine("i-1");
    write(state("registration_url"), registration_url(server));
    variables_["HOST_SYS"] = (directory_ / "sys").string();
    variables_["CATTLE_URL"] = server.url("/v1");
    variables_["CATTLE_ACCESS_KEY"] = "key";
    variables_["CATTLE_SECRET_KEY"] = "secret";
    variables_["NOTIFY_SOCKET"] = (directory_ / "notify").string();
    const auto process = directory_ / "process";
    on_host_ = [process] { return static_cast<bool>(std::ofstream(process) << ::getpid()); };
    const std::jthread person([&] {
      EXPECT_TRUE(server.wait_subscribed(2, std::chrono::seconds(30)));
      EXPECT_EQ(systemd.received("STOPPING=1"), 0) << "systemd would end what says so";
      ::kill(std::stoi(content(process)), SIGTERM);
    });
    const auto result = run({"run"});
    EXPECT_EQ(result.code, 0) << result.output << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("this machine is a copy of another"));
    EXPECT_EQ(content(state("clone-of/access_key")), "key\n");
    const auto subscriptions = server.requests("/subscribe");
    ASSERT_EQ(subscriptions.size(), 2U);
    EXPECT_NE(subscriptions[0].header("authorization"), subscriptions[1].header("authorization"));
    ::kill(cloud, SIGKILL);
    ::waitpid(cloud, nullptr, 0);
  }).join();
}

}  // namespace
}  // namespace cattle::agent
