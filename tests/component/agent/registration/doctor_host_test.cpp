// SPDX-License-Identifier: Apache-2.0
#include "agent/doctor/host_checks.hpp"
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

namespace cattle::agent::doctor {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Doctor, a_healthy_host_has_nothing) {
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("20.10.24"));
  const auto text = run_program({"doctor"}, variables_);
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.output, HasSubstr("nothing found"));
  EXPECT_EQ(server_.requests("/subscribe").at(0).values("eventNames").size(), 0U)
      << "nothing is taken from an agent that runs";
}

TEST_F(Doctor, a_setting_is_missing) {
  variables_.erase("CATTLE_SECRET_KEY");
  EXPECT_THAT(found(), testing::Contains(30)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("CATTLE_SECRET_KEY"));
}

TEST_F(Doctor, an_address_that_can_not_be) {
  for (const auto* wish : {"256.1.1.1", "127.0.0.1", "if:nothere7", "198.51.100.0/24"}) {
    variables_["CATTLE_AGENT_IP"] = wish;
    EXPECT_THAT(found(), only(Cause::address)) << wish << last_.output;
  }
}

TEST_F(Doctor, an_address_that_is_no_address_at_all_though_it_has_letters) {
  for (const auto* wish : {"$(x)", "eth0", "host.example"}) {
    variables_["CATTLE_AGENT_IP"] = wish;
    EXPECT_THAT(found(), only(Cause::address)) << wish << last_.output;
    EXPECT_THAT(last_.output, HasSubstr("CATTLE_AGENT_IP"));
  }
  variables_["CATTLE_AGENT_IP"] = "192.0.2.9";
  variables_["CATTLE_DOCKER_HOST_IP"] = "host.example";
  EXPECT_THAT(found(), IsEmpty()) << "a name is the operator's word here" << last_.output;
  variables_.erase("CATTLE_AGENT_IP");
  EXPECT_THAT(found(), IsEmpty()) << last_.output;
  variables_["CATTLE_DOCKER_HOST_IP"] = "$(x)";
  EXPECT_THAT(found(), only(Cause::address)) << last_.output;
  variables_["CATTLE_DOCKER_HOST_IP"] = "host.example";
  variables_["CATTLE_AGENT_IP"] = "127.0.0.5";
  EXPECT_THAT(found(), only(Cause::address)) << "registering refuses it" << last_.output;
}

TEST_F(Doctor, an_address_that_others_can_not_reach) {
  for (const auto* name : {"CATTLE_AGENT_IP", "CATTLE_DOCKER_HOST_IP"}) {
    variables_.erase("CATTLE_AGENT_IP");
    variables_.erase("CATTLE_DOCKER_HOST_IP");
    variables_[name] = "169.254.3.3";
    EXPECT_THAT(found(), only(Cause::address)) << name << last_.output;
    EXPECT_THAT(last_.output, HasSubstr(name));
  }
  if (!is_root()) GTEST_SKIP() << "network namespaces take root";
  variables_.erase("CATTLE_DOCKER_HOST_IP");
  for (const auto* bridge : {"docker0", "cni0"}) {
    variables_["CATTLE_AGENT_IP"] = "172.17.0.1";
    const auto command = std::string("ip link set lo up && b=")
                             .append(bridge)
                             .append(" && ip link add $b type bridge && ip addr add 172.17.0.1/16 dev $b")
                             .append(" && ip link set $b up");
    const auto codes = found([&] {
      return ::unshare(CLONE_NEWNET) == 0 &&
             std::system(command.c_str()) == 0;  // NOLINT(concurrency-mt-unsafe): alone in its process
    });
    ASSERT_FALSE(codes.empty()) << bridge << last_.output << last_.errors;
    EXPECT_EQ(codes.front(), static_cast<int>(Cause::address)) << last_.output;
    EXPECT_THAT(last_.output, HasSubstr(bridge));
  }
}

TEST_F(Doctor, directories_that_a_first_start_could_not_make) {
  if (!is_root()) GTEST_SKIP() << "mounting takes root";
  write("lib/none", "");
  const auto read_only = [this] {
    const auto lib = (directory_ / "lib").string();
    return own_mounts() && mount_tmpfs(lib, "size=500m") &&
           ::mount(nullptr, lib.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  };
  const std::vector<std::pair<const char*, const char*>> table{{"CATTLE_STATE_DIR", "lib/rancher/state"},
                                                               {"CATTLE_HOME", "lib/cattle"}};
  for (const auto& [name, path] : table) {
    const auto before = variables_[name];
    variables_[name] = (directory_ / path).string();
    EXPECT_THAT(found(read_only), only(Cause::state_file)) << name << last_.output;
    EXPECT_THAT(last_.output, testing::AllOf(HasSubstr(path), HasSubstr("Read-only file system"),
                                             HasSubstr("for writing")));
    EXPECT_THAT(found(), IsEmpty()) << "where it can be made it is no finding" << last_.output;
    variables_[name] = before;
  }
}

TEST_F(Doctor, what_only_this_user_may_not_write_comes_last) {
  if (!is_root()) GTEST_SKIP() << "becoming another user takes root";
  constexpr ::uid_t kNobody = 65534;
  std::filesystem::permissions(directory_, std::filesystem::perms(0755));
  write("state/.docker_uuid", "d0fe8e51-17aa-4b6f-8b8e-1c2d3e4f5a6b");
  std::filesystem::permissions(directory_ / "state/.docker_uuid", std::filesystem::perms(0600));
  const auto run = run_program({"doctor"}, variables_, [] {
    return ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 && ::access(CATTLE_AGENT_BINARY, X_OK) == 0;
  });
  if (run.code == 125) GTEST_SKIP() << "another user can't reach the program here";
  EXPECT_EQ(run.code, static_cast<int>(Cause::engine_socket)) << run.output;
  EXPECT_THAT(run.output,
              HasSubstr((directory_ / "state").string() + " can't be written: Permission denied"));
  EXPECT_THAT(run.output, HasSubstr("run as root (sudo)\n"));
  EXPECT_THAT(run.output, HasSubstr("only root can read " + (directory_ / "state/.docker_uuid").string()));
  EXPECT_THAT(run.output, testing::Not(HasSubstr("from a backup")));
}

TEST_F(Doctor, no_control_groups) {
  write("proc/mounts", "proc /proc proc rw 0 0\n");
  variables_["HOST_PROC"] = (directory_ / "proc").string();
  EXPECT_THAT(found(), only(Cause::cgroup)) << last_.output;
}

TEST_F(Doctor, a_copied_disk_and_a_kernel_without_its_modules) {
  HostRoots roots;
  roots.state_dirs = {(directory_ / "state").string()};
  roots.proc = (directory_ / "proc").string();
  roots.sys = (directory_ / "sys").string();
  roots.modules = (directory_ / "modules").string();
  roots.machine = {(directory_ / "root").string(), roots.sys, roots.proc};
  write("proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
  write("proc/modules", "");
  write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  write("root/etc/machine-id", "aaaa\n");
  write("sys/class/dmi/id/product_uuid", "1111\n");
  EXPECT_THAT(check_host(roots), IsEmpty());
  write("modules/6.1.0-20-amd64/modules.dep", "");
  auto findings = check_host(roots);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front().cause, Cause::kernel_modules);
  write("modules/6.1.0-18-amd64/modules.dep", "");
  EXPECT_THAT(check_host(roots), IsEmpty());
  write("state/machine.json",
        R"({"machineId":"bbbb","productUuid":"2222","cloudId":"","virtualMachine":false})");
  findings = check_host(roots);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front().cause, Cause::identity_clash);
}

TEST_F(Doctor, no_room_and_no_inodes) {
  if (!is_root()) GTEST_SKIP() << "mounting small file systems takes root";
  const auto state = (directory_ / "state").string();
  EXPECT_THAT(found([&] { return own_mounts() && mount_tmpfs(state, "size=1m"); }), only(Cause::disk_space))
      << last_.output << last_.errors;
  EXPECT_THAT(found([&] { return own_mounts() && mount_tmpfs(state, "size=500m,nr_inodes=50"); }),
              only(Cause::inodes))
      << last_.output << last_.errors;
}

TEST_F(Doctor, no_address_but_the_engines_bridge) {
  if (!is_root()) GTEST_SKIP() << "network namespaces take root";
  variables_.erase("CATTLE_AGENT_IP");
  const auto codes = found([] {
    return ::unshare(CLONE_NEWNET) == 0 &&
           std::system(
               "ip link set lo up && ip link add docker0 type bridge && "  // NOLINT(concurrency-mt-unsafe)
               "ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up") == 0;
  });
  ASSERT_FALSE(codes.empty()) << last_.errors;
  EXPECT_EQ(codes.front(), static_cast<int>(Cause::address)) << last_.output;
}

}  // namespace
}  // namespace cattle::agent::doctor
