// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/host_statistics.hpp"

#include "handlers/host/disk_statistics.hpp"
#include "handlers/host/iops.hpp"
#include "handlers/host/memory_statistics.hpp"
#include "handlers/host/processor_statistics.hpp"
#include "tests/support/handler_fixture.hpp"
#include "tests/unit/handlers/host_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;

TEST(ProcessorStatistics, shares_between_two_looks_leave_out_idle_and_waiting) {
  const auto before =
      parse_cpu_ticks("cpu  9 9 9 9\ncpu0 100 0 0 100 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\nintr 1\n");
  const auto now = parse_cpu_ticks("cpu  9 9 9 9\ncpu0 125 0 0 150 25 0 0 0 0 0\ncpu1 3 0 0 1 0 0 0 0\n");
  EXPECT_EQ(before.size(), 2U);
  EXPECT_EQ(busy_percentages(before, now), (std::vector<double>{25.0, 75.0}));
  EXPECT_EQ(busy_percentages(now, now), (std::vector<double>{100.0 * 125 / 300, 75.0}));
}

TEST(MemoryStatistics, are_whole_mebibytes) {
  const auto memory = parse_meminfo(
      "MemTotal: 24684496 kB\nMemFree: 2047 kB\nBuffers: 1024 kB\nCached: 1024 kB\nSwapTotal: 4096 kB\n");
  EXPECT_EQ(memory.total, 24105);
  EXPECT_EQ(memory.free, 1);
  EXPECT_EQ(memory.available, 3);  // a kernel that names none
  EXPECT_EQ(memory.swap_total, 4);
  EXPECT_THROW(static_cast<void>(parse_meminfo("nonsense")), std::runtime_error);
}

TEST(DiskStatistics, devices_are_listed_once_and_virtual_file_systems_never) {
  const support::TempDir root;
  root.write("proc/filesystems", "nodev\ttmpfs\n\text4\n");
  root.write("etc/mtab",
             "/dev/vda / ext4 rw 0 0\n/dev/vda /etc ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb "
             "/no\\040where ext4 rw 0 0\n");
  const auto disks = mounted_disks(root.path() + "/proc", root.path() + "/etc");
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_GT(disks.at("/dev/vda").total, 0);
  EXPECT_LE(disks.at("/dev/vda").free, disks.at("/dev/vda").total);
}

TEST(Iops, are_read_by_device_and_name_the_default_disk) {
  const support::TempDir root;
  EXPECT_TRUE(read_iops(root.path()).empty());
  EXPECT_EQ(default_disk(root.path()), "");
  root.write("read.json", R"({"jobs":[{"read":{"iops":20501.5}}],"disk_util":[{"name":"sda"}]})");
  root.write("write.json", R"({"jobs":[{"write":{"iops":100}}],"disk_util":[{"name":"sda"}]})");
  const auto disks = read_iops(root.path());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_DOUBLE_EQ(disks.at("/dev/sda").read, 20501.5);
  EXPECT_DOUBLE_EQ(disks.at("/dev/sda").write, 100);
  EXPECT_EQ(default_disk(root.path()), "/dev/sda");
  root.write("read.json", "{broken");
  root.write("write.json", R"({"jobs":5})");
  EXPECT_TRUE(read_iops(root.path()).empty());
}

class HostStatisticsTest : public ::testing::Test {
 protected:
  HostStatisticsSources sources() const {
    return {.proc = "/proc",
            .sys = "/sys",
            .etc = "/etc",
            .iops_dir = root_.path(),
            .host_key_file = root_.path() + "/host.key",
            .cloud_file = root_.path() + "/info.json"};
  }
  support::TempDir root_;
  support::RecordingLog log_;
};

TEST_F(HostStatisticsTest, H104_R35_info_has_every_key_and_no_null) {
  HostStatistics statistics(sources());
  const auto report = statistics.collect(facts(), 30s, log_);
  for (const auto* key :
       {"cpuInfo", "memoryInfo", "diskInfo", "osInfo", "iopsInfo", "hostKey", "cloudProvider"}) {
    ASSERT_TRUE(report->info.contains(key)) << key;
    EXPECT_TRUE(report->info.at(key).is_object()) << key;
  }
  const auto& cpu = report->info.at("cpuInfo");
  EXPECT_EQ(cpu.at("cpuCoresPercentages").size(), cpu.at("count").get<std::size_t>());
  for (const auto& load : cpu.at("loadAvg")) EXPECT_TRUE(load.is_number());
  const auto& memory = report->info.at("memoryInfo");
  for (const auto* key : {"memTotal", "memFree", "memAvailable", "buffers", "cached", "active", "inactive",
                          "swapCached", "swaptotal", "swapfree", "swapTotal", "swapFree"}) {
    EXPECT_TRUE(memory.at(key).is_number_integer()) << key;
  }
  for (const auto& disk : report->info.at("diskInfo").at("mountPoints"))
    EXPECT_EQ(disk.at("percentage"), disk.at("percentUsed"));
  EXPECT_EQ(report->info.at("diskInfo").at("dockerStorageDriverStatus").at("Backing Filesystem"), "extfs");
  EXPECT_EQ(report->memory_bytes, memory.at("memTotal").get<std::int64_t>() * 1048576);
}

TEST_F(HostStatisticsTest, S52_docker_version_has_the_form_that_the_console_compares) {
  HostStatistics statistics(sources());
  const auto report = statistics.collect(facts(), 30s, log_);
  EXPECT_EQ(report->info.at("osInfo").at("dockerVersion"), "Docker version 20.10.24+dfsg1, build 5d6db84");
}

TEST_F(HostStatisticsTest, H104_a_part_that_fails_is_left_out_alone) {
  auto broken = sources();
  broken.proc = "/nowhere";
  broken.host_key_file = root_.write("bad.key", "x");
  HostStatistics statistics(broken);
  const auto report = statistics.collect(std::nullopt, 0ms, log_);
  EXPECT_FALSE(report->info.contains("cpuInfo"));
  EXPECT_FALSE(report->info.contains("memoryInfo"));
  EXPECT_FALSE(report->info.contains("osInfo"));
  EXPECT_FALSE(report->info.contains("hostKey"));
  EXPECT_TRUE(report->info.at("iopsInfo").is_object());
  EXPECT_TRUE(log_.has("cpuInfo left out"));
}

TEST_F(HostStatisticsTest, H112_a_second_ping_shares_the_collection) {
  HostStatistics statistics(sources(), 10s);
  const auto first = statistics.collect(facts(), 30s, log_);
  EXPECT_EQ(statistics.collect(facts(), 30s, log_), first);
  HostStatistics fresh(sources(), 0ms);
  const auto before = fresh.collect(facts(), 30s, log_);
  EXPECT_NE(fresh.collect(facts(), 30s, log_), before);
}

TEST_F(HostStatisticsTest, devices_of_the_devicemapper_pool_are_no_file_systems) {
  root_.write("proc/filesystems", "\text4\n");
  root_.write("etc/mtab", "/dev/mapper/docker-253:0-12-abc / ext4 rw 0 0\n/dev/vda / ext4 rw 0 0\n");
  auto with_pool = sources();
  with_pool.proc = root_.path() + "/proc";
  with_pool.etc = root_.path() + "/etc";
  auto engine = facts();
  engine.storage_driver = "devicemapper";
  engine.storage_driver_status = {{"Pool Name", "docker-253:0-12-pool"}};
  HostStatistics statistics(with_pool);
  const auto disks = statistics.collect(engine, 30s, log_)->info.at("diskInfo");
  EXPECT_EQ(disks.at("fileSystems").size(), 1U);
  EXPECT_TRUE(disks.at("fileSystems").contains("/dev/vda"));
}

}  // namespace
}  // namespace cattle::handlers
