// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/host_statistics.hpp"

#include "handlers/host/disk_statistics.hpp"
#include "handlers/host/host_address.hpp"
#include "handlers/host/host_key.hpp"
#include "handlers/host/host_labels.hpp"
#include "handlers/host/instance_list.hpp"
#include "handlers/host/iops.hpp"
#include "handlers/host/memory_statistics.hpp"
#include "handlers/host/processor_statistics.hpp"
#include "handlers/host/text_file.hpp"
#include "handlers/host/version_numbers.hpp"
#include "tests/support/handler_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <future>
#include <memory>

namespace cattle::handlers {
namespace {

using namespace std::chrono_literals;

EngineFacts facts() {
  EngineFacts facts;
  facts.version = "20.10.24+dfsg1";
  facts.git_commit = "5d6db84";
  facts.operating_system = "Debian GNU/Linux 12 (bookworm)";
  facts.storage_driver = "overlay2";
  facts.storage_driver_status = {{"Backing Filesystem", "extfs"}};
  facts.root_dir = "/";
  return facts;
}

docker::ContainerSummary container(const std::string& state, const std::string& status) {
  docker::ContainerSummary entry;
  entry.id = std::string(64, 'a');
  entry.names = {"/web"};
  entry.image = "busybox";
  entry.state = state;
  entry.status = status;
  entry.created = 1546584614;
  return entry;
}

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

TEST(VersionNumbers, are_the_first_of_a_text) {
  EXPECT_EQ(version_numbers("20.10.24+dfsg1", 2), "20.10");
  EXPECT_EQ(version_numbers("Linux version 6.18.44 (gcc 12)", 3), "6.18.44");
  EXPECT_EQ(version_numbers("Linux version 6.1-rc1 (x)", 3), "6.1");
  EXPECT_EQ(version_numbers("64-bit 1.12", 2), "1.12");
  EXPECT_EQ(version_numbers("7", 2), "");
  EXPECT_EQ(version_numbers("", 2), "");
}

TEST(HostLabels, H103_name_engine_kernel_and_cloud) {
  const support::TempDir root;
  root.write("proc/version", "Linux version 6.18.44 (x)\n");
  const HostLabelSources sources{
      .proc = root.path() + "/proc",
      .kvm_device = root.write("kvm", ""),
      .agent_image = "rancher/agent:v1.2.11",
      .cloud_file = root.write("info.json", R"({"label":{"io.rancher.host.provider":"aws","bad":5}})")};
  EXPECT_EQ(host_labels(sources, facts()),
            (std::map<std::string, std::string>{{"io.rancher.host.os", "linux"},
                                                {"io.rancher.host.agent_image", "rancher/agent:v1.2.11"},
                                                {"io.rancher.host.docker_version", "20.10"},
                                                {"io.rancher.host.linux_kernel_version", "6.18"},
                                                {"io.rancher.host.kvm", "true"},
                                                {"io.rancher.host.provider", "aws"}}));
}

TEST(HostLabels, a_source_that_fails_costs_only_its_own_labels) {
  const HostLabelSources sources{
      .proc = "/nowhere", .kvm_device = "/nowhere/kvm", .agent_image = {}, .cloud_file = "/nowhere/info"};
  EXPECT_EQ(host_labels(sources, std::nullopt),
            (std::map<std::string, std::string>{{"io.rancher.host.os", "linux"},
                                                {"io.rancher.host.agent_image", ""}}));
}

TEST(InstanceList, H105_R38_states_are_what_the_server_expects) {
  const auto state = [](const std::string& word, const std::string& status) {
    const auto resources = instance_resources({container(word, status)});
    return resources.empty() ? std::string() : resources.front().at("state").get<std::string>();
  };
  EXPECT_EQ(state("running", "Up 3 seconds"), "running");
  EXPECT_EQ(state("paused", "Up 3 seconds (Paused)"), "running");
  EXPECT_EQ(state("restarting", "Restarting (1) 2 seconds ago"), "running");
  EXPECT_EQ(state("exited", "Exited (0) 2 seconds ago"), "stopped");
  EXPECT_EQ(state("dead", "Dead"), "stopped");
  EXPECT_EQ(state("created", "Created"), "");
  EXPECT_EQ(state("created", ""), "");
  EXPECT_EQ(state("", "Up 3 seconds"), "running");
}

TEST(InstanceList, H107_R37_S47_entries_have_each_key_in_its_type) {
  auto labelled = container("running", "Up");
  labelled.labels = {{"io.rancher.container.uuid", "u-1"}, {"n", "5"}};
  const auto resources = instance_resources({container("running", "Up"), labelled});
  EXPECT_EQ(resources.at(0), (nlohmann::json{{"type", "instance"},
                                             {"uuid", "web"},
                                             {"state", "running"},
                                             {"dockerId", std::string(64, 'a')},
                                             {"image", "busybox"},
                                             {"labels", nlohmann::json::object()},
                                             {"created", 1546584614},
                                             {"systemContainer", ""}}));
  EXPECT_EQ(resources.at(1).at("uuid"), "u-1");
  EXPECT_EQ(resources.at(1).at("labels").at("n"), "5");
  auto nameless = container("running", "Up");
  nameless.names.clear();
  EXPECT_EQ(derived_uuid(nameless), "no-uuid-" + nameless.id);
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

TEST(HostKey, H111_is_made_once_and_stays) {
  const support::TempDir root;
  const auto file = root.path() + "/etc/ssl/host.key";
  HostKey key(file);
  const auto first = key.public_pem(30s);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(key.public_pem(0ms), first);
  HostKey restarted(file);
  EXPECT_EQ(restarted.public_pem(0ms), first);

  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0400U);
  EXPECT_TRUE(read_text_file(file)->starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_TRUE(first->starts_with("-----BEGIN RSA PUBLIC KEY-----"));
  // The content is a SubjectPublicKeyInfo of 2048 bits, whatever the header says.
  auto pem = *first;
  for (auto at = pem.find("RSA PUBLIC"); at != std::string::npos; at = pem.find("RSA PUBLIC"))
    pem.erase(at, 4);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> parsed(
      PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(EVP_PKEY_get_bits(parsed.get()), 2048);
}

TEST(HostKey, H111_two_agents_that_start_at_once_agree) {
  const support::TempDir root;
  HostKey one(root.path() + "/host.key");
  HostKey other(root.path() + "/host.key");
  auto asked = std::async(std::launch::async, [&one] { return one.public_pem(30s); });
  const auto second = other.public_pem(30s);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(asked.get(), second);
}

TEST(HostKey, H111_a_file_that_is_no_key_is_left_alone) {
  const support::TempDir root;
  const auto file = root.write("host.key", "mine");
  HostKey key(file);
  EXPECT_THROW(static_cast<void>(key.public_pem(0ms)), std::runtime_error);
  EXPECT_EQ(read_text_file(file), "mine");
}

TEST(HostAddress, R32_is_an_ipv4_address_or_nothing) {
  EXPECT_EQ(HostAddress().ipv4("192.0.2.7", 0ms), "192.0.2.7");
  EXPECT_EQ(HostAddress().ipv4("", 0ms), std::nullopt);
  HostAddress named([](const std::string&) { return std::optional<std::string>("192.0.2.8"); });
  EXPECT_EQ(named.ipv4("name", 10s), "192.0.2.8");
  HostAddress unknown([](const std::string&) { return std::optional<std::string>(); });
  EXPECT_EQ(unknown.ipv4("name", 10s), std::nullopt);
}

TEST(HostAddress, R29_a_hanging_resolver_costs_only_the_patience) {
  std::promise<void> release;
  auto released = release.get_future().share();
  HostAddress address([released](const std::string&) {
    released.wait();
    return std::optional<std::string>("192.0.2.9");
  });
  EXPECT_EQ(address.ipv4("name", 20ms), std::nullopt);
  release.set_value();
  EXPECT_EQ(address.ipv4("name", 10s), "192.0.2.9");
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
