// SPDX-License-Identifier: Apache-2.0
// What registering would meet on a host that is not registered yet, and what only root could tell.
#include "agent/doctor/state_files.hpp"
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cattle::agent::doctor {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr ::uid_t kNobody = 65534;

/// A /var/lib of its own, and nothing said of directories.
class DoctorUnregistered : public Doctor {
 protected:
  void SetUp() override {
    if (!is_root()) GTEST_SKIP() << "mounting takes root";
    for (const auto* name : {"CATTLE_HOME", "CATTLE_STATE_DIR"}) variables_.erase(name);
    std::filesystem::create_directories(directory_ / "lib");
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
  }
  [[nodiscard]] bool mount_lib() const {
    return own_mounts() && ::mount((directory_ / "lib").c_str(), "/var/lib", nullptr, MS_BIND, nullptr) == 0;
  }
  /// `then`: what else is wrong.
  std::vector<int> found_when(const std::function<bool()>& then) {
    return found([&] { return mount_lib() && then(); });
  }
};

bool make_read_only(const std::string& directory) {
  return mount_tmpfs(directory, "size=500m") &&
         ::mount(nullptr, directory.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

TEST_F(DoctorUnregistered, nothing_is_wrong_and_nothing_is_left) {
  EXPECT_THAT(found_when([] { return true; }), IsEmpty()) << last_.output;
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "lib"));
}

TEST_F(DoctorUnregistered, P26_a_directory_that_registering_could_not_write) {
  std::filesystem::create_directories(directory_ / "lib/rancher");
  EXPECT_THAT(found_when([] { return make_read_only("/var/lib/rancher"); }), only(Cause::state_file))
      << last_.output;
  EXPECT_THAT(last_.output, AllOf(HasSubstr("/var/lib/rancher/state can't be made in /var/lib/rancher"),
                                  HasSubstr("mount the file system")));
  std::filesystem::create_directories(directory_ / "lib/rancher/state");
  EXPECT_THAT(found_when([] { return make_read_only("/var/lib/rancher/state"); }), only(Cause::state_file))
      << last_.output;
  EXPECT_THAT(found_when([] { return make_read_only("/var/lib"); }), only(Cause::state_file))
      << "one word for all that would be made there" << last_.output;
}

TEST_F(DoctorUnregistered, P26_a_full_file_system_that_registering_would_write_to) {
  std::filesystem::create_directories(directory_ / "lib/rancher");
  EXPECT_THAT(found_when([] { return mount_tmpfs("/var/lib/rancher", "size=1m"); }), only(Cause::disk_space))
      << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("/var/lib/rancher/state"));
  EXPECT_THAT(found_when([] { return mount_tmpfs("/var/lib/rancher", "size=500m,nr_inodes=20"); }),
              only(Cause::inodes))
      << last_.output;
}

/// A file system whose server never says a word, as long as the program runs.
bool mount_dead(const std::string& directory) {
  const int server = ::open("/dev/fuse", O_RDWR);
  const auto options = "fd=" + std::to_string(server) + ",rootmode=40000,user_id=0,group_id=0";
  return server >= 0 && ::mount("dead", directory.c_str(), "fuse", 0, options.c_str()) == 0;
}

TEST_F(DoctorUnregistered, a_file_system_that_does_not_answer_keeps_nobody_waiting) {
  std::filesystem::create_directories(directory_ / "lib/rancher");
  const auto run =
      run_program({"doctor"}, variables_, [&] { return mount_lib() && mount_dead("/var/lib/rancher"); });
  if (run.code == 125) GTEST_SKIP() << "no FUSE here";
  EXPECT_EQ(run.code, static_cast<int>(Cause::state_file)) << run.output << run.errors;
  EXPECT_LT(run.time, std::chrono::seconds(10));
  EXPECT_THAT(run.output, AllOf(HasSubstr("/var/lib/rancher/state: its file system does not answer"),
                                HasSubstr("umount")));
}

TEST_F(DoctorUnregistered, something_else_in_the_place_of_a_directory) {
  std::filesystem::create_symlink("/nowhere/at/all", directory_ / "lib/rancher");
  EXPECT_THAT(found_when([] { return true; }), only(Cause::state_file)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("/var/lib/rancher is a link that leads nowhere"));
  std::filesystem::remove(directory_ / "lib/rancher");
  write("lib/rancher", "");
  EXPECT_THAT(found_when([] { return true; }), only(Cause::state_file)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("/var/lib/rancher is no directory"));
}

TEST_F(DoctorUnregistered, P15_R57_half_a_key_that_registering_would_refuse) {
  write("lib/rancher/state/.registration_token", std::string(64, 'a'));
  EXPECT_THAT(found_when([] { return true; }), only(Cause::state_file)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("/var/lib/rancher/state/.registration_token is damaged"));
  for (const auto& key : {std::string(128, 'a'), std::string(128, 'a') + "\n", std::string("ABCDEF0123\n")}) {
    write("lib/rancher/state/.registration_token", key);
    EXPECT_THAT(found_when([] { return true; }), IsEmpty()) << key << last_.output;
  }
}

TEST_F(DoctorUnregistered, H120_an_identity_where_the_agent_keeps_it) {
  for (const auto* name : {"DOCKER_UUID", "PHYSICAL_HOST_UUID"}) {
    const auto variable = std::string("CATTLE_") + name + "_FILE";
    variables_[variable] = (directory_ / "elsewhere/uuid").string();
    write("elsewhere/uuid", std::string(36, '\0'));
    EXPECT_THAT(found_when([] { return true; }), only(Cause::state_file)) << name << last_.output;
    EXPECT_THAT(last_.output, HasSubstr("elsewhere/uuid is damaged"));
    variables_.erase(variable);
    EXPECT_THAT(found_when([] { return true; }), IsEmpty()) << last_.output;
  }
}

TEST_F(DoctorUnregistered, what_only_root_may_read_is_not_damaged) {
  if (::faccessat(AT_FDCWD, CATTLE_AGENT_BINARY, X_OK, 0) != 0) GTEST_SKIP();
  for (const auto* name : {"CATTLE_URL", "CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY"}) variables_.erase(name);
  write("lib/rancher/state/credentials.conf",
        "CATTLE_URL='" + server_.url() + "'\nCATTLE_ACCESS_KEY='a'\nCATTLE_SECRET_KEY='s'\n");
  write("lib/rancher/etc/agent.conf", "A=1\n");
  write("lib/rancher/etc/ssl/ca.crt", "only root could tell");
  write("lib/rancher/state/machine.json", "only root could tell");
  for (const auto* name :
       {"state/credentials.conf", "etc/agent.conf", "etc/ssl/ca.crt", "state/machine.json"})
    std::filesystem::permissions(directory_ / "lib/rancher" / name, std::filesystem::perms(0600));
  const std::filesystem::path socket = engine_.docker_host().substr(7);
  EXPECT_EQ(::chmod(socket.parent_path().c_str(), 0755), 0);
  EXPECT_EQ(::chmod(socket.c_str(), 0666), 0);
  const auto run = run_program({"doctor"}, variables_, [&] {
    return mount_lib() && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 &&
           ::access(CATTLE_AGENT_BINARY, X_OK) == 0;
  });
  if (run.code == 125) GTEST_SKIP() << "another user can't reach the program here";
  EXPECT_EQ(run.code, static_cast<int>(Cause::state_file)) << run.output;
  EXPECT_THAT(run.output, AllOf(HasSubstr("only root can read "), HasSubstr("credentials.conf"),
                                HasSubstr("agent.conf"), HasSubstr("run as root (sudo)\n")));
  for (const auto* word : {"Add Host", "is not set", "damaged", "and is ignored"})
    EXPECT_THAT(run.output, Not(HasSubstr(word)));
}

}  // namespace
}  // namespace cattle::agent::doctor
