// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/registration/doctor_fixture.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace cattle::agent::doctor {
namespace {

using support::FakeEngineOptions;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(Doctor, sockets_that_are_none) {
  variables_["DOCKER_HOST"] = "unix://" + (directory_ / "none.sock").string();
  EXPECT_THAT(found(), only(Cause::engine_socket)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("No such file"));
  variables_["DOCKER_HOST"] = "unix://" + (directory_ / "state").string();
  EXPECT_THAT(found(), only(Cause::engine_socket)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("is no socket"));

  const auto dead = (directory_ / "dead.sock").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<void*>(address.sun_path), dead.c_str(), dead.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(descriptor, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof(address)), 0);
  ::close(descriptor);
  variables_["DOCKER_HOST"] = "unix://" + dead;
  EXPECT_THAT(found(), only(Cause::engine_socket)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("refused"));
}

TEST_F(Doctor, a_socket_that_is_not_permitted) {
  if (!is_root()) GTEST_SKIP() << "giving a folder away takes root";
  constexpr ::uid_t kNobody = 65534;
  const auto folder = std::filesystem::path(engine_.socket_path()).parent_path().string();
  ASSERT_EQ(::chown(folder.c_str(), kNobody, kNobody), 0);
  std::filesystem::permissions(folder, std::filesystem::perms(0700));
  EXPECT_THAT(found([] {
                return ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0 &&
                       ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0;
              }),
              only(Cause::engine_socket))
      << last_.output;
  EXPECT_THAT(last_.output, AllOf(HasSubstr("Permission denied"), HasSubstr("run as root or as a member")));
}

TEST_F(Doctor, a_socket_of_a_group_that_we_are_not_in) {
  if (!is_root()) GTEST_SKIP() << "giving a socket away takes root";
  constexpr ::uid_t kNobody = 65534;
  ASSERT_EQ(::chown(engine_.socket_path().c_str(), kNobody, kNobody), 0);
  std::filesystem::permissions(engine_.socket_path(), std::filesystem::perms(0660));
  EXPECT_THAT(found([] { return ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0; }),
              only(Cause::engine_socket))
      << last_.output;
  EXPECT_THAT(last_.output, AllOf(HasSubstr("Permission denied"), HasSubstr("run as root or as a member")));
}

TEST_F(Doctor, an_engine_that_hangs) {
  support::Fault hang;
  hang.kind = support::Fault::Kind::hang;
  hang.times = -1;
  engine_.inject(hang);
  EXPECT_THAT(found(), only(Cause::engine_answer)) << last_.output;
}

TEST_F(Doctor, an_engine_that_answers_with_an_error_or_nonsense) {
  support::Fault fault;
  fault.times = -1;
  fault.path_contains = "/version";
  engine_.inject(fault);
  EXPECT_THAT(found(), only(Cause::engine_answer)) << last_.output;
  EXPECT_THAT(last_.output,
              AllOf(HasSubstr("a fault was asked for"), HasSubstr("500"), HasSubstr("engine's log")));
  engine_.clear_faults();
  fault.kind = support::Fault::Kind::garbage;
  engine_.inject(fault);
  EXPECT_THAT(found(), only(Cause::engine_answer)) << last_.output;
  EXPECT_THAT(last_.output, AllOf(HasSubstr("is no Docker engine"), HasSubstr("check DOCKER_HOST")));
  engine_.clear_faults();
  fault.kind = support::Fault::Kind::answer;
  fault.status = 404;
  engine_.inject(fault);
  EXPECT_THAT(found(), only(Cause::engine_answer)) << last_.output;
  EXPECT_THAT(last_.output, HasSubstr("is no Docker engine")) << "another web server";
}

TEST_F(Doctor, engines_of_another_age) {
  struct Range {
    const char* oldest;
    const char* newest;
    const char* said;
  };
  for (const auto& range : {Range{"1.20", "1.20", "1.20 to 1.20"}, Range{"1.12", "1.22", "1.12 to 1.22"},
                            Range{"1.80", "1.90", "1.80 to 1.90"}, Range{"2.0", "2.5", "2.0 to 2.5"}}) {
    FakeEngineOptions other;
    other.min_api_version = range.oldest;
    other.api_version = range.newest;
    engine_.restart(other);
    EXPECT_THAT(found(), only(Cause::engine_version)) << range.said << last_.output;
    EXPECT_THAT(last_.output, AllOf(HasSubstr(range.said), HasSubstr("a version from 1.24")));
  }
}

}  // namespace
}  // namespace cattle::agent::doctor
