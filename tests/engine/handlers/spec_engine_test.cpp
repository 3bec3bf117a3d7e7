// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/handlers/spec_on_engine.hpp"

#include <algorithm>

namespace cattle::handlers {
namespace {

using testing::json;
using testing::on_network;
using testing::SpecOnEngine;

TEST_F(SpecOnEngine, H20_H23_H25_name_and_labels) {
  const json made = inspect_created({{"labels", {{"rack", 7}}}}, on_network("dockerBridge"));
  expect(made, {{"/Name", "/r-web-1-c861f990"},
                {"/Config/Labels/rack", "7"},
                {"/Config/Labels/io.rancher.container.uuid", testing::kUuid},
                {"/Config/Labels/io.rancher.container.name", "web-1"},
                {"/Config/Labels/io.rancher.container.ip", "10.1.2.3/16"},
                {"/Config/Labels/io.rancher.container.mac_address", "02:00:00:00:00:01"}});
}

TEST_F(SpecOnEngine, H26_to_H33_config_fields) {
  const json made = inspect_created({{"command", {"sleep", "5"}},
                                     {"entryPoint", {"/bin/env"}},
                                     {"environment", {{"A", "b"}, {"N", 5}, {"NONE", nullptr}}},
                                     {"workingDir", "/tmp"},
                                     {"user", "1:2"},
                                     {"domainName", "example.org"},
                                     {"tty", true},
                                     {"stdinOpen", true},
                                     {"stopSignal", "SIGINT"},
                                     {"stopTimeout", 7},
                                     {"healthCmd", {"CMD", "ls"}},
                                     {"healthInterval", 5},
                                     {"healthTimeout", 60},
                                     {"healthRetries", 3}},
                                    {{"hostname", "h"}});
  expect(made, {{"/Config/Cmd", {"sleep", "5"}},
                {"/Config/Entrypoint", json::array({"/bin/env"})},
                {"/Config/WorkingDir", "/tmp"},
                {"/Config/User", "1:2"},
                {"/Config/Domainname", "example.org"},
                {"/Config/Hostname", "h"},
                {"/Config/Tty", true},
                {"/Config/OpenStdin", true},
                {"/Config/AttachStdout", false},
                {"/Config/StopSignal", "SIGINT"},
                {"/Config/StopTimeout", 7},
                {"/Config/Healthcheck/Test", {"CMD", "ls"}},
                {"/Config/Healthcheck/Interval", 5000000000},
                {"/Config/Healthcheck/Timeout", 60000000000},
                {"/Config/Healthcheck/Retries", 3}});
  const json& environment = made.at("Config").at("Env");
  for (const char* entry : {"A=b", "N=5", "NONE="}) {
    EXPECT_NE(std::find(environment.begin(), environment.end(), entry), environment.end())
        << entry << " in " << environment;
  }
}

TEST_F(SpecOnEngine, H27_H29_what_is_not_set_comes_from_the_image) {
  const auto image = client_->inspect_image(engine().image, call_);
  ASSERT_TRUE(image);
  const json made = inspect_created({{"command", json::array()}, {"entryPoint", nullptr}});
  EXPECT_EQ(made.at("Config").at("Cmd"), json(image->cmd));
}

TEST_F(SpecOnEngine, H34_lists_modes_and_maps_of_the_host_config) {
  const json made =
      inspect_created({{"privileged", true},
                       {"readOnly", true},
                       {"extraHosts", {"db:10.1.2.3"}},
                       {"pidMode", "host"},
                       {"ipcMode", "host"},
                       {"uts", "host"},
                       {"usernsMode", "host"},
                       {"securityOpt", {"no-new-privileges"}},
                       {"dns", {"9.9.9.9"}},
                       {"dnsSearch", {"example.org"}},
                       {"dnsOpt", {"rotate"}},
                       {"capAdd", {"NET_ADMIN"}},
                       {"capDrop", {"MKNOD"}},
                       {"groupAdd", {5}},
                       {"tmpfs", {{"/run", "size=1m"}}},
                       {"sysctls", {{"net.ipv4.ip_forward", 1}}},
                       {"cgroupParent", "/cattle-agent-test"},
                       {"volumeDriver", "local"},
                       {"runInit", true},
                       {"restartPolicy", {{"name", "on-failure"}, {"maximumRetryCount", 3}}},
                       {"logConfig", {{"driver", "json-file"}, {"config", {{"max-size", "1m"}}}}},
                       {"ulimits", {{{"name", "nofile"}, {"hard", 222}, {"soft", 111}}}}});
  expect(made, {{"/HostConfig/Privileged", true},
                {"/HostConfig/ReadonlyRootfs", true},
                {"/HostConfig/ExtraHosts", json::array({"db:10.1.2.3"})},
                {"/HostConfig/PidMode", "host"},
                {"/HostConfig/IpcMode", "host"},
                {"/HostConfig/UTSMode", "host"},
                {"/HostConfig/UsernsMode", "host"},
                {"/HostConfig/SecurityOpt/0", "no-new-privileges"},
                {"/HostConfig/Dns", json::array({"9.9.9.9"})},
                {"/HostConfig/DnsSearch", json::array({"example.org"})},
                {"/HostConfig/DnsOptions", json::array({"rotate"})},
                {"/HostConfig/CapAdd/0", "NET_ADMIN"},
                {"/HostConfig/CapDrop/0", "MKNOD"},
                {"/HostConfig/GroupAdd", json::array({"5"})},
                {"/HostConfig/Tmpfs/~1run", "size=1m"},
                {"/HostConfig/Sysctls/net.ipv4.ip_forward", "1"},
                {"/HostConfig/CgroupParent", "/cattle-agent-test"},
                {"/HostConfig/VolumeDriver", "local"},
                {"/HostConfig/Init", true},
                {"/HostConfig/RestartPolicy", {{"Name", "on-failure"}, {"MaximumRetryCount", 3}}},
                {"/HostConfig/LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "1m"}}}}},
                {"/HostConfig/Ulimits/0", {{"Name", "nofile"}, {"Hard", 222}, {"Soft", 111}}}});
}

TEST_F(SpecOnEngine, H34_H36_S48_resources) {
  const json made = inspect_created({{"cpuShares", 400},
                                     {"cpuPeriod", 50000},
                                     {"cpuQuota", 25000},
                                     {"cpuSet", "0"},
                                     {"cpuSetMems", "0"},
                                     {"memory", "67108864"},
                                     {"memorySwap", 134217728},
                                     {"oomScoreAdj", 10},
                                     {"shmSize", 1048576},
                                     {"pidsLimit", 50}},
                                    {{"memoryReservation", 4194304}});
  const bool refuses_less = docker::api_at_least(facts_.engine_api_version, "1.41");
  expect(made, {{"/HostConfig/CpuShares", 400},
                {"/HostConfig/CpuPeriod", 50000},
                {"/HostConfig/CpuQuota", 25000},
                {"/HostConfig/CpusetCpus", "0"},
                {"/HostConfig/CpusetMems", "0"},
                {"/HostConfig/Memory", 67108864},
                {"/HostConfig/MemorySwap", 134217728},
                {"/HostConfig/MemoryReservation", refuses_less ? 6291456 : 4194304},
                {"/HostConfig/OomScoreAdj", 10},
                {"/HostConfig/ShmSize", 1048576},
                {"/HostConfig/PidsLimit", 50}});
  EXPECT_EQ(inspect_created({}, {{"name", "plain"}}).at("HostConfig").at("CpuShares"), 2);
}

TEST_F(SpecOnEngine, H34_settings_that_only_cgroup_v1_has) {
  if (client_->info(call_).cgroup_version == "2")
    GTEST_SKIP() << "the engine runs on cgroup v2, which has none of them";
  const json made = inspect_created({{"memory", 67108864},
                                     {"memorySwappiness", 10},
                                     {"oomKillDisable", true},
                                     {"kernelMemory", 8388608},
                                     {"cpuRealtimePeriod", 1000000},
                                     {"cpuRealtimeRuntime", 1}});
  expect(made, {{"/HostConfig/MemorySwappiness", 10}, {"/HostConfig/OomKillDisable", true}});
  if (!docker::api_at_least(facts_.engine_api_version, "1.42")) {
    expect(made, {{"/HostConfig/KernelMemory", 8388608}});
  }
}

TEST_F(SpecOnEngine, H35_H38_devices_and_block_io) {
  const json made =
      inspect_created({{"devices", {"/dev/null:/dev/xnull", "/dev/random:/dev/xr:rw", "/dev/fuse"}},
                       {"blkioDeviceOptions", {{"/dev/vda", {{"readBps", 1048576}, {"writeIops", 100}}}}}});
  const auto device = [](const char* host, const char* inside, const char* permissions) {
    return json{{"PathOnHost", host}, {"PathInContainer", inside}, {"CgroupPermissions", permissions}};
  };
  expect(made, {{"/HostConfig/Devices",
                 {device("/dev/null", "/dev/xnull", "rwm"), device("/dev/random", "/dev/xr", "rw"),
                  device("/dev/fuse", "/dev/fuse", "rwm")}},
                {"/HostConfig/BlkioDeviceReadBps/0", {{"Path", "/dev/vda"}, {"Rate", 1048576}}},
                {"/HostConfig/BlkioDeviceWriteIOps/0", {{"Path", "/dev/vda"}, {"Rate", 100}}},
                {"/HostConfig/BlkioDeviceReadIOps", nullptr}});
}

TEST_F(SpecOnEngine, fields_of_which_the_engine_makes_nothing_do_no_harm) {
  // Weights need a kernel with blkio weights, and are dropped with a warning where there is none; diskQuota
  // is not sent to engines that dropped it.
  const json made = inspect_created(
      {{"blkioWeight", 100}, {"diskQuota", 5}, {"blkioDeviceOptions", {{"/dev/vda", {{"weight", 100}}}}}});
  EXPECT_EQ(made.at("State").at("Status"), "created");
}

}  // namespace
}  // namespace cattle::handlers
