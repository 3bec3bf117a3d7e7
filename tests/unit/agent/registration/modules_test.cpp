// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/share_mounts.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace cattle::agent::registration {
namespace {

TEST(Modules, P30_each_is_asked_for_by_the_hosts_program_and_failures_are_no_matter) {
  if (::geteuid() != 0) GTEST_SKIP() << "entering a mount namespace needs root";
  std::string pattern = "/tmp/ctl-modules-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path directory(pattern);
  const auto program = directory / "modprobe";
  std::ofstream(program) << "#!/bin/sh\necho \"$# $1\" >>" << (directory / "asked").string() << "\nexit 1\n";
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);

  const pid_t child = ::fork();  // Entering a namespace is for a process that does nothing else.
  ASSERT_GE(child, 0);
  if (child == 0) {
    run_for_each(::getpid(), program.string(), {"veth", "xt_nat; touch /tmp/x"});
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  std::ifstream in(directory / "asked");
  const std::string asked{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(asked, "1 veth\n1 xt_nat; touch /tmp/x\n");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cattle::agent::registration
