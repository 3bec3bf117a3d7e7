// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/machine.hpp"

#include "agent/registration/failure.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace cattle::agent::registration {
namespace {

MachineFacts facts(const std::string& machine, const std::string& product, const std::string& cloud,
                   bool is_virtual) {
  return {machine, product, cloud, is_virtual};
}

TEST(Machine, nothing_recorded_is_adopted) {
  EXPECT_EQ(compare_machine(std::nullopt, facts("m", "p", "", true)), Sameness::adopt);
}

TEST(Machine, what_makes_a_clone) {
  const auto old = facts("m", "p", "i-1", true);
  EXPECT_EQ(compare_machine(old, facts("m", "p", "i-2", true)), Sameness::clone) << "cloud id alone";
  EXPECT_EQ(compare_machine(old, facts("n", "q", "", false)), Sameness::clone) << "both, on iron";
  EXPECT_EQ(compare_machine(old, facts("m", "q", "", true)), Sameness::clone) << "SMBIOS uuid alone, virtual";
}

TEST(Machine, what_stays_itself) {
  const auto old = facts("m", "p", "i-1", true);
  EXPECT_EQ(compare_machine(old, facts("m", "p", "i-1", true)), Sameness::same);
  EXPECT_EQ(compare_machine(old, facts("n", "p", "", true)), Sameness::same) << "reinstalled";
  EXPECT_EQ(compare_machine(old, facts("m", "q", "", false)), Sameness::same) << "a new main board";
  EXPECT_EQ(compare_machine(old, facts("", "", "", true)), Sameness::same)
      << "nothing known differs from nothing";
}

class MachineFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "cattle-machine-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& path, const std::string& text) const {
    const auto whole = std::filesystem::path(directory_) / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  std::string directory_;
};

TEST_F(MachineFiles, facts_are_read_from_the_host) {
  write("root/etc/machine-id", "ABC\n");
  write("sys/class/dmi/id/product_uuid", "UUID-1\n");
  write("proc/cpuinfo", "flags\t\t: fpu hypervisor lahf_lm\n");
  const auto found = read_machine_facts({directory_ + "/root", directory_ + "/sys", directory_ + "/proc"});
  EXPECT_EQ(found.machine_id, "abc");
  EXPECT_EQ(found.product_uuid, "uuid-1");
  EXPECT_TRUE(found.virtual_machine);
}

TEST_F(MachineFiles, facts_are_kept_and_damage_is_reported) {
  EXPECT_EQ(recorded_facts(directory_), std::nullopt);
  record_facts(directory_, facts("m", "p", "i-1", true));
  const auto recorded = recorded_facts(directory_);
  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->cloud_id, "i-1");
  write("machine.json", "{\"machineId\":");
  EXPECT_THROW((void)recorded_facts(directory_), Failure);
}

TEST_F(MachineFiles, a_clone_loses_its_identity_but_nothing_is_deleted) {
  write(".docker_uuid", "u");
  write(".registration_token", "k");
  const auto aside = set_identity_aside(directory_);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/.docker_uuid"));
  EXPECT_TRUE(std::filesystem::exists(aside + "/.docker_uuid"));
  EXPECT_TRUE(std::filesystem::exists(aside + "/.registration_token"));
}

}  // namespace
}  // namespace cattle::agent::registration
