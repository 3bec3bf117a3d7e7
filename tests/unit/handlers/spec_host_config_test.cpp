// SPDX-License-Identifier: Apache-2.0
#include "handlers/errors.hpp"
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

namespace cattle::handlers {
namespace {

using testing::body_of;
using testing::debian_engine;
using testing::host_config_of;
using testing::json;
using testing::spec_of;

json reserved(std::int64_t bytes, const std::string& engine_api_version) {
  SpecFacts facts = debian_engine();
  facts.engine_api_version = engine_api_version;
  return host_config_of({}, {{"memoryReservation", bytes}}, facts).value("MemoryReservation", json());
}

TEST(HostConfig, H34_what_is_not_set_is_not_sent) {
  EXPECT_EQ(host_config_of({}), (json{{"CpuShares", 2}}));
  EXPECT_EQ(host_config_of({{"memory", nullptr},
                            {"privileged", nullptr},
                            {"dns", nullptr},
                            {"tmpfs", nullptr},
                            {"memorySwappiness", nullptr},
                            {"oomKillDisable", nullptr},
                            {"kernelMemory", 0},
                            {"cpuRealtimePeriod", 0},
                            {"pidsLimit", 0},
                            {"sysctls", json::object()},
                            {"capAdd", json::array()},
                            {"runInit", nullptr},
                            {"restartPolicy", nullptr},
                            {"ulimits", nullptr},
                            {"volumeDriver", nullptr}}),
            (json{{"CpuShares", 2}}));
}

TEST(HostConfig, H34_zero_and_false_are_values_where_null_is_something_else) {
  const json host_config =
      host_config_of({{"memorySwappiness", 0}, {"oomKillDisable", false}, {"runInit", false}});
  EXPECT_EQ(host_config["MemorySwappiness"], 0);
  EXPECT_EQ(host_config["OomKillDisable"], false);
  EXPECT_EQ(host_config["Init"], false);
}

TEST(HostConfig, H34_unlimited_swap_passes_through) {
  EXPECT_EQ(host_config_of({{"memorySwap", -1}})["MemorySwap"], -1);
}

TEST(HostConfig, H34_a_disk_quota_is_not_sent_to_engines_that_dropped_it) {
  SpecFacts facts = debian_engine();
  const ContainerSpec spec = spec_of({{"diskQuota", 50}}, {}, facts);
  EXPECT_FALSE(spec.body["HostConfig"].contains("DiskQuota"));
  ASSERT_EQ(spec.warnings.size(), 1U);
  EXPECT_TRUE(
      spec.warnings[0].ends_with("data.fields.diskQuota has no effect: engines dropped it with API 1.41"));
  EXPECT_TRUE(spec_of({{"diskQuota", 0}}, {}, facts).warnings.empty());
  facts.engine_api_version = "1.40";
  EXPECT_EQ(host_config_of({{"diskQuota", 50}}, {}, facts)["DiskQuota"], 50);
}

TEST(HostConfig, H34_kernel_memory_is_not_sent_to_engines_that_dropped_it) {
  SpecFacts facts = debian_engine();
  EXPECT_EQ(host_config_of({{"kernelMemory", 8388608}}, {}, facts)["KernelMemory"], 8388608);
  facts.engine_api_version = "1.42";
  const ContainerSpec spec = spec_of({{"kernelMemory", 8388608}}, {}, facts);
  EXPECT_FALSE(spec.body["HostConfig"].contains("KernelMemory"));
  EXPECT_EQ(spec.warnings.size(), 1U);
}

TEST(HostConfig, H34_H38_numbers_that_the_engine_can_not_hold_are_refused_by_path) {
  const auto error = [](const json& fields) -> std::string {
    try {
      (void)spec_of(fields);
    } catch (const RequestError& failure) {
      return failure.what();
    }
    return {};
  };
  const std::string fields = "data.instanceHostMap.instance.data.fields.";
  for (const std::int64_t weight : {-1, 65536})
    EXPECT_EQ(error({{"blkioWeight", weight}}), fields + "blkioWeight: expected 0 to 65535");
  EXPECT_EQ(error({{"blkioWeight", 65535}}), "");
  const auto device = [&error](const char* option, std::int64_t number) {
    return error({{"blkioDeviceOptions", {{"/dev/vda", {{option, number}}}}}});
  };
  const std::string options = fields + "blkioDeviceOptions./dev/vda.";
  EXPECT_EQ(device("weight", 65536), options + "weight: expected 0 to 65535");
  for (const char* rate : {"readIops", "writeIops", "readBps", "writeBps"}) {
    EXPECT_EQ(device(rate, -1), options + rate + ": expected 0 or more");
    EXPECT_EQ(device(rate, 70'000'000'000), "");
  }
}

TEST(HostConfig, H35_devices_have_two_parts_three_or_one) {
  const json devices = host_config_of(
      {{"devices", {"/dev/null:/dev/xnull", "/dev/random:/dev/xr:rw", "/dev/fuse"}}})["Devices"];
  const auto device = [](const char* host, const char* inside, const char* permissions) {
    return json{{"PathOnHost", host}, {"PathInContainer", inside}, {"CgroupPermissions", permissions}};
  };
  EXPECT_EQ(devices, (json{device("/dev/null", "/dev/xnull", "rwm"), device("/dev/random", "/dev/xr", "rw"),
                           device("/dev/fuse", "/dev/fuse", "rwm")}));
}

TEST(HostConfig, H36_cpu_shares_are_at_least_two_and_the_reservation_wins) {
  const auto shares = [](const json& fields, const json& columns) {
    return host_config_of(fields, columns)["CpuShares"];
  };
  EXPECT_EQ(shares({}, json::object()), 2);
  EXPECT_EQ(shares({{"cpuShares", 400}}, json::object()), 400);
  EXPECT_EQ(shares({{"cpuShares", 100}}, {{"milliCpuReservation", 200}}), 204);
  EXPECT_EQ(shares({}, {{"milliCpuReservation", 1}}), 2);
  EXPECT_EQ(shares({{"cpuShares", "400"}}, {{"milliCpuReservation", 0}}), 400);
  EXPECT_THROW((void)spec_of({}, {{"milliCpuReservation", 9223372036854775807}}), RequestError);
}

TEST(HostConfig, H37_memory_reservation_passes_through_to_engines_that_take_it) {
  EXPECT_EQ(reserved(4194304, "1.40"), 4194304);
}

TEST(HostConfig, S48_memory_reservation_is_raised_for_engines_that_refuse_it) {
  EXPECT_EQ(reserved(4194304, "1.41"), 6291456);
  EXPECT_EQ(reserved(4194304, "1.48"), 6291456);
  EXPECT_EQ(reserved(1, "1.41"), 6291456);
  EXPECT_EQ(reserved(6291455, "1.41"), 6291456);
  EXPECT_EQ(reserved(6291456, "1.41"), 6291456);
  EXPECT_EQ(reserved(8388608, "1.41"), 8388608);
  EXPECT_EQ(reserved(0, "1.41"), json());
}

TEST(HostConfig, H38_device_options_make_one_list_each) {
  const json host_config = host_config_of(
      {{"blkioDeviceOptions", {{"/dev/sda", {{"writeIops", 2000}, {"readIops", 0}, {"readBps", nullptr}}}}}});
  EXPECT_EQ(host_config,
            (json{{"CpuShares", 2}, {"BlkioDeviceWriteIOps", {{{"Path", "/dev/sda"}, {"Rate", 2000}}}}}));
  const json all = host_config_of(
      {{"blkioDeviceOptions",
        {{"/dev/sda", {{"weight", 1}, {"readIops", 2}, {"writeIops", 3}, {"readBps", 4}, {"writeBps", 5}}},
         {"/dev/sdb", {{"weight", 6}}}}}});
  EXPECT_EQ(all["BlkioWeightDevice"],
            (json{{{"Path", "/dev/sda"}, {"Weight", 1}}, {{"Path", "/dev/sdb"}, {"Weight", 6}}}));
  EXPECT_EQ(all["BlkioDeviceReadIOps"], (json{{{"Path", "/dev/sda"}, {"Rate", 2}}}));
  EXPECT_EQ(all["BlkioDeviceWriteIOps"], (json{{{"Path", "/dev/sda"}, {"Rate", 3}}}));
  EXPECT_EQ(all["BlkioDeviceReadBps"], (json{{{"Path", "/dev/sda"}, {"Rate", 4}}}));
  EXPECT_EQ(all["BlkioDeviceWriteBps"], (json{{{"Path", "/dev/sda"}, {"Rate", 5}}}));
}

TEST(HostConfig, H39_the_default_disk_is_replaced_or_left_out) {
  const json fields = {{"blkioDeviceOptions", {{"DEFAULT_DISK", {{"readIops", 10}}}}}};
  const ContainerSpec unknown = spec_of(fields);
  EXPECT_EQ(unknown.body["HostConfig"], (json{{"CpuShares", 2}}));
  EXPECT_EQ(unknown.warnings.size(), 1U);
  SpecFacts facts = debian_engine();
  facts.default_disk = "/dev/vda";
  EXPECT_EQ(host_config_of(fields, {}, facts)["BlkioDeviceReadIOps"],
            (json{{{"Path", "/dev/vda"}, {"Rate", 10}}}));
}

TEST(HostConfig, H40_log_config_is_sent_where_it_says_something) {
  EXPECT_FALSE(host_config_of({{"logConfig", nullptr}}).contains("LogConfig"));
  EXPECT_FALSE(
      host_config_of({{"logConfig", {{"driver", nullptr}, {"config", nullptr}}}}).contains("LogConfig"));
  EXPECT_EQ(
      host_config_of({{"logConfig", {{"driver", "json-file"}, {"config", {{"max-size", 10}}}}}})["LogConfig"],
      (json{{"Type", "json-file"}, {"Config", {{"max-size", "10"}}}}));
}

TEST(HostConfig, H41_restart_policy_has_a_count) {
  EXPECT_EQ(host_config_of({{"restartPolicy", {{"name", "always"}}}})["RestartPolicy"],
            (json{{"Name", "always"}, {"MaximumRetryCount", 0}}));
  EXPECT_EQ(host_config_of(
                {{"restartPolicy", {{"name", "on-failure"}, {"maximumRetryCount", 3}}}})["RestartPolicy"],
            (json{{"Name", "on-failure"}, {"MaximumRetryCount", 3}}));
}

TEST(HostConfig, H42_ulimits_are_a_list) {
  EXPECT_EQ(host_config_of({{"ulimits", {{{"name", "cpu"}, {"hard", 1}, {"soft", 1}}, nullptr}}})["Ulimits"],
            (json{{{"Name", "cpu"}, {"Hard", 1}, {"Soft", 1}}}));
}

TEST(HostConfig, H43_the_volume_driver_is_set) {
  EXPECT_EQ(host_config_of({{"volumeDriver", "local"}})["VolumeDriver"], "local");
}

TEST(HostConfig, H62_mounts_are_binds_or_volumes) {
  const json body =
      body_of({{"dataVolumes",
                {"/random", "/proc:/host/proc", "/sys:/host/sys:ro", "/s:/s:Z", "named:/n", "/s:/s:Z"}}});
  EXPECT_EQ(body["HostConfig"]["Binds"],
            (json{"/proc:/host/proc:rw", "/sys:/host/sys:ro", "/s:/s:Z", "named:/n:rw"}));
  EXPECT_EQ(body["Volumes"], json::parse(R"({"/random":{},"/host/proc":{},"/host/sys":{},"/s":{},"/n":{}})"));
  EXPECT_EQ(host_config_of({{"dataVolumes", {"/a:/x", "/a:/y"}}})["Binds"], (json{"/a:/x:rw", "/a:/y:rw"}));
}

TEST(HostConfig, H63_the_docker_root_is_mounted_where_it_is) {
  SpecFacts facts = debian_engine();
  const json fields = {{"dataVolumes", {"/var/lib/docker:/var/lib/docker"}}};
  EXPECT_EQ(host_config_of(fields, {}, facts)["Binds"], (json{"/var/lib/docker:/var/lib/docker:rw"}));
  facts.docker_root_dir = "/data/docker";
  EXPECT_EQ(host_config_of(fields, {}, facts)["Binds"],
            (json{"/data/docker:/var/lib/docker:rw", "/data/docker:/data/docker:rw"}));
  const json body = body_of({{"dataVolumes", {"/var/lib/docker:/var/lib/docker:ro"}}}, {}, facts);
  EXPECT_EQ(body["HostConfig"]["Binds"],
            (json{"/data/docker:/var/lib/docker:ro", "/data/docker:/data/docker:ro"}));
  EXPECT_EQ(body["Volumes"], json::parse(R"({"/var/lib/docker":{},"/data/docker":{}})"));
}

TEST(HostConfig, H64_volumes_come_from_the_containers_that_were_found) {
  SpecFacts facts = debian_engine();
  EXPECT_FALSE(host_config_of({}, {}, facts).contains("VolumesFrom"));
  facts.volumes_from_ids = {"aa", "bb"};
  EXPECT_EQ(host_config_of({}, {}, facts)["VolumesFrom"], (json{"aa", "bb"}));
}

TEST(HostConfig, H66_a_flex_volume_is_bound_from_its_mount_point) {
  SpecFacts facts = debian_engine();
  facts.flex_mounts = {{"ebs1", "/mnt/ebs1"}};
  EXPECT_EQ(
      host_config_of({{"dataVolumes", {"ebs1:/data", "ebs1:/more:ro", "other:/o"}}}, {}, facts)["Binds"],
      (json{"/mnt/ebs1:/data:rw", "/mnt/ebs1:/more:ro", "other:/o:rw"}));
}

TEST(HostConfig, facts_that_cost_a_call_are_asked_for_only_when_used) {
  const auto needs = [](const json& fields) {
    return spec_needs(decode_instance_host_map(testing::event_data(fields)).instance);
  };
  EXPECT_FALSE(needs({{"dataVolumes", {"/var/lib/docker2:/var/lib/docker"}}}).docker_root_dir);
  EXPECT_TRUE(needs({{"dataVolumes", {"/var/lib/docker:/var/lib/docker:ro"}}}).docker_root_dir);
  EXPECT_FALSE(needs({{"dnsSearch", {"x.com"}}}).host_search_domains);
  EXPECT_TRUE(needs({{"dnsSearch", {"rancher.internal"}}}).host_search_domains);
  EXPECT_FALSE(needs({}).default_disk);
  EXPECT_TRUE(needs({{"blkioDeviceOptions", {{"DEFAULT_DISK", {{"weight", 1}}}}}}).default_disk);
}

}  // namespace
}  // namespace cattle::handlers
