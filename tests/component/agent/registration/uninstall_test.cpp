// SPDX-License-Identifier: Apache-2.0
// `cattle-agent uninstall` on a host of its own.
#include "agent/registration/share_mounts.hpp"
#include "tests/component/agent/registration/command_fixture.hpp"

#include <sched.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

namespace cattle::agent {
namespace {

using namespace registration;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class Uninstall : public Command {};

TEST_F(Uninstall, leaves_nothing_of_ours_and_touches_nothing_else) {
  accept_registration(server_);
  variables_["CATTLE_HOST_LABELS"] = "a=b";
  EXPECT_EQ(run_register().code, 0);
  std::filesystem::create_directories(lib_ / "cattle/etc");
  std::filesystem::create_directories(lib_ / "rancher/volumes/keep");
  std::ofstream(lib_ / "cattle/etc/api.crt") << "x";
  std::ofstream(lib_ / "rancher/volumes/keep/data") << "a person's";
  engine_.add_image("box:1");
  const json agent{{"Image", "box:1"}, {"Labels", {{"io.rancher.container.system", "rancher-agent"}}}};
  engine_.add_container("rancher-agent", agent);
  engine_.add_container("web", {{"Image", "box:1"}});
  engine_.add_container("r-web-1", {{"Image", "box:1"}, {"Labels", {{"io.rancher.container.uuid", "u"}}}});
  for (const auto* name : {"rancher-cni", "rancher-agent-state", "data"}) engine_.add_volume(name);
  const auto before = files();

  const auto dry = run({"uninstall", "--dry-run", "--containers", "--state"});
  EXPECT_EQ(dry.code, 0) << dry.errors;
  EXPECT_THAT(dry.output,
              AllOf(HasSubstr("rancher-agent"), HasSubstr("r-web-1"), HasSubstr("credentials.conf"),
                    HasSubstr("volume rancher-cni"), Not(HasSubstr("volumes/keep"))));
  EXPECT_EQ(files(), before);
  EXPECT_EQ(engine_.container_ids().size(), 3U);

  const auto real = run({"uninstall", "--state"});
  EXPECT_EQ(real.code, 0) << real.errors;
  EXPECT_THAT(files(), UnorderedElementsAre("rancher/volumes/keep/data"));
  EXPECT_TRUE(engine_.has_container("web"));
  EXPECT_TRUE(engine_.has_container("r-web-1")) << "only with --containers";
  EXPECT_FALSE(engine_.has_container("rancher-agent"));
  EXPECT_TRUE(engine_.has_volume("data"));
  EXPECT_FALSE(engine_.has_volume("rancher-cni"));
  const auto again = run({"uninstall", "--containers", "--state"});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_FALSE(engine_.has_container("r-web-1"));
}

TEST_F(Uninstall, leaves_what_an_operator_put_beside_ours) {
  accept_registration(server_);
  const std::string kMine = "# mine\nexport CATTLE_UPGRADE_IMAGES='any'\nCATTLE_SCHEDULER_IPS=1.2.3.4\n";
  std::filesystem::create_directories(lib_ / "rancher/etc/ssl");
  std::filesystem::create_directories(lib_ / "kubelet");
  std::filesystem::create_directories(log_ / "rancher");
  std::ofstream(lib_ / "rancher/etc/agent.conf") << kMine;
  std::ofstream(lib_ / "rancher/etc/ssl/ca.crt") << "an operator's";
  for (const auto* name : {"agent.log", "agent.1.log", "other.log", "agent.x.log"})
    std::ofstream(log_ / "rancher" / name) << "x";
  variables_["CATTLE_HOST_LABELS"] = "a=b";
  EXPECT_EQ(run_register().code, 0);
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(files(), UnorderedElementsAre("rancher/etc/agent.conf", "rancher/etc/ssl/ca.crt"));
  EXPECT_EQ(content(lib_ / "rancher/etc/agent.conf"), kMine);
  EXPECT_TRUE(std::filesystem::exists(lib_ / "kubelet")) << "somebody else made it";
  EXPECT_FALSE(std::filesystem::exists(log_ / "rancher/agent.1.log"));
  EXPECT_TRUE(std::filesystem::exists(log_ / "rancher/agent.x.log"));
  EXPECT_TRUE(std::filesystem::exists(log_ / "rancher/other.log"));
}

TEST_F(Uninstall, unmounts_and_removes_the_directory_that_sharing_made) {
  on_host_ = [] { return share_mounts(::getpid(), {"/var/lib/kubelet"}).empty(); };
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(lib_ / "kubelet")) << result.output;
  EXPECT_FALSE(std::filesystem::exists(lib_ / "rancher")) << "nor is the record left";
}

/// Leaves a process where the program will run, whose table of mounts can be read when that has ended.
bool leave_watcher(const std::filesystem::path& pid_file) {
  const auto child = ::fork();
  if (child > 0) return (std::ofstream(pid_file) << child).flush().good();
  for (;;) ::pause();
}

/// What is mounted where the program ran, by a process that was left there.
std::string mounts_seen_by(const std::filesystem::path& pid_file) {
  const auto watcher = std::stoi(content(pid_file));
  auto table = content("/proc/" + std::to_string(watcher) + "/mountinfo");
  ::kill(watcher, SIGKILL);
  return table;
}

TEST_F(Uninstall, unmounts_what_sharing_mounted_and_leaves_what_is_in_it) {
  const auto watcher = directory_ / "watcher";
  on_host_ = [watcher] {
    return leave_watcher(watcher) &&
           ::mount("/var/lib/disk", "/var/lib/rancher/state", nullptr, MS_BIND, nullptr) == 0 &&
           share_mounts(::getpid(), {"/var/lib/rancher/volumes"}).empty();
  };
  for (const auto* name : {"rancher/volumes/keep", "rancher/state", "disk"})
    std::filesystem::create_directories(lib_ / name);
  std::filesystem::create_directories(run_ / "rancher/storage");
  const auto dry = run({"uninstall", "--state", "--dry-run"});
  EXPECT_THAT(dry.output, AllOf(HasSubstr("would remove shared mount /var/lib/rancher/volumes"),
                                HasSubstr("would remove directory /var/run/rancher/storage"),
                                Not(HasSubstr("shared mount /var/lib/rancher/state"))));
  EXPECT_THAT(mounts_seen_by(watcher), HasSubstr(" /var/lib/rancher/volumes "));
  const auto real = run({"uninstall", "--state"});
  EXPECT_EQ(real.code, 0) << real.errors;
  EXPECT_THAT(mounts_seen_by(watcher),
              AllOf(Not(HasSubstr(" /var/lib/rancher/volumes ")), HasSubstr(" /var/lib/rancher/state ")))
      << "an operator's own stays";
  EXPECT_TRUE(std::filesystem::exists(lib_ / "rancher/volumes/keep"));
  EXPECT_FALSE(std::filesystem::exists(run_ / "rancher"));
  std::ofstream(run_ / "file") << "x";
  std::filesystem::create_directories(run_ / "rancher/storage/plugin");
  EXPECT_EQ(run({"uninstall", "--state"}).code, 0);
  (void)mounts_seen_by(watcher);
  EXPECT_TRUE(std::filesystem::exists(run_ / "rancher/storage/plugin")) << "somebody's socket";
}

bool bind_onto_itself(const char* directory) {
  return ::mount(directory, directory, nullptr, MS_BIND, nullptr) == 0;
}

TEST_F(Uninstall, unmounts_what_it_bound_over_a_directory_of_somebody_elses) {
  const auto watcher = directory_ / "watcher";
  std::filesystem::create_directories(lib_ / "kubelet/pods");
  on_host_ = [watcher] {
    return leave_watcher(watcher) && share_mounts(::getpid(), {"/var/lib/kubelet"}).empty() &&
           share_mounts(::getpid(), {"/var/lib/kubelet"}).empty();
  };
  const auto dry = run({"uninstall", "--dry-run"});
  EXPECT_THAT(dry.output, HasSubstr("would remove shared mount /var/lib/kubelet"));
  EXPECT_THAT(mounts_seen_by(watcher), HasSubstr(" /var/lib/kubelet "));
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(mounts_seen_by(watcher), Not(HasSubstr(" /var/lib/kubelet ")));
  EXPECT_TRUE(std::filesystem::exists(lib_ / "kubelet/pods"));
  EXPECT_FALSE(std::filesystem::exists(lib_ / "rancher")) << "nor is the record left";
}

/// As an engine does that came later and has its mounts from the host's.
bool share_in_a_namespace_below() {
  const auto child = ::fork();
  if (child == 0) {
    const bool done = ::unshare(CLONE_NEWNS) == 0 &&
                      ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0 &&
                      share_mounts(::getpid(), {"/var/lib/kubelet"}).empty();
    ::_exit(done ? 0 : 1);
  }
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(Uninstall, knows_the_hosts_mount_beside_an_engines) {
  const auto watcher = directory_ / "watcher";
  on_host_ = [watcher] {
    return leave_watcher(watcher) && share_mounts(::getpid(), {"/var/lib/kubelet"}).empty() &&
           share_in_a_namespace_below();
  };
  const auto result = run({"uninstall"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(mounts_seen_by(watcher), Not(HasSubstr(" /var/lib/kubelet ")));
}

TEST_F(Uninstall, leaves_mounts_of_an_operators_as_they_were) {
  const auto watcher = directory_ / "watcher";
  for (const auto* name : {"kubelet", "rancher/volumes"}) std::filesystem::create_directories(lib_ / name);
  on_host_ = [this, watcher] {
    const bool done = leave_watcher(watcher) && bind_onto_itself("/var/lib/kubelet") &&
                      bind_onto_itself("/var/lib/rancher/volumes") &&
                      ::mount(nullptr, "/var/lib/rancher/volumes", nullptr, MS_SHARED, nullptr) == 0;
    std::ofstream(directory_ / "before") << content("/proc/self/mountinfo");
    return done && share_mounts(::getpid(), {"/var/lib/kubelet", "/var/lib/rancher/volumes"}).empty();
  };
  EXPECT_EQ(run({"uninstall", "--state", "--dry-run"}).code, 0);
  EXPECT_NE(mounts_seen_by(watcher), content(directory_ / "before")) << "both are shared";
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("removing the sharing of the mount /var/lib/kubelet"));
  EXPECT_EQ(mounts_seen_by(watcher), content(directory_ / "before"));
}

TEST_F(Uninstall, leaves_a_mount_that_an_earlier_boots_record_names) {
  const auto watcher = directory_ / "watcher";
  std::filesystem::create_directories(lib_ / "kubelet");
  on_host_ = [this, watcher] {
    if (!leave_watcher(watcher) || !share_mounts(::getpid(), {"/var/lib/kubelet"}).empty()) return false;
    auto record = content(state("shared-mounts"));
    std::ofstream(state("shared-mounts")) << record.replace(0, 8, "00000000");
    return true;
  };
  EXPECT_EQ(run({"uninstall", "--state"}).code, 0);
  EXPECT_THAT(mounts_seen_by(watcher), HasSubstr(" /var/lib/kubelet "));
}

TEST_F(Uninstall, keeps_mounts_that_the_servers_containers_may_use) {
  const auto watcher = directory_ / "watcher";
  engine_.add_image("box:1");
  engine_.add_container("r-web-1", {{"Image", "box:1"}, {"Labels", {{"io.rancher.container.uuid", "u"}}}});
  on_host_ = [watcher] {
    return leave_watcher(watcher) && share_mounts(::getpid(), {"/var/lib/rancher/volumes"}).empty();
  };
  EXPECT_EQ(run({"uninstall"}).code, 0);
  EXPECT_THAT(mounts_seen_by(watcher), HasSubstr(" /var/lib/rancher/volumes "));
  EXPECT_EQ(run({"uninstall", "--containers"}).code, 0);
  EXPECT_THAT(mounts_seen_by(watcher), Not(HasSubstr(" /var/lib/rancher/volumes ")));
}

TEST_F(Uninstall, knows_a_mount_that_something_works_in_for_the_next_try) {
  on_host_ = [] {
    return share_mounts(::getpid(), {"/var/lib/kubelet"}).empty() && ::chdir("/var/lib/kubelet") == 0;
  };
  const auto result = run({"uninstall", "--state"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("the shared mount /var/lib/kubelet is kept, in use"));
  EXPECT_THAT(files(), UnorderedElementsAre("rancher/state/made-directories", "rancher/state/shared-mounts"))
      << "for the next try";
}

TEST_F(Uninstall, keeps_volumes_that_are_in_use_or_hold_state) {
  for (const auto* name : {"rancher-cni", "rancher-agent-state"}) engine_.add_volume(name);
  engine_.inject({.method = "DELETE", .path_contains = "/volumes/rancher-cni", .status = 409});
  const auto result = run({"uninstall"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("volume rancher-cni is kept, in use"));
  EXPECT_TRUE(engine_.has_volume("rancher-agent-state")) << "only with --state";
  EXPECT_EQ(run({"uninstall", "--state"}).code, 0);
  EXPECT_FALSE(engine_.has_volume("rancher-agent-state"));
}

}  // namespace
}  // namespace cattle::agent
