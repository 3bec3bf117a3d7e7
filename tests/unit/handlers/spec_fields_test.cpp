// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_fields.hpp"

#include "handlers/errors.hpp"
#include "tests/unit/handlers/spec_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cattle::handlers {
namespace {

using testing::body_of;
using testing::debian_engine;
using testing::json;
using testing::spec_of;

/// A field of `data.fields`, a value that a server sends, one that it never may, and where the value goes in
/// the body.
struct Row {
  const char* field;
  json value;
  json wrong;
  const char* place;
  json expected;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"imageUuid", "docker:x:1", 5, "/Image", "x:1"},
      {"domainName", "d", 5, "/Domainname", "d"},
      {"user", "u", 5, "/User", "u"},
      {"tty", true, "yes", "/Tty", true},
      {"stdinOpen", true, 1, "/OpenStdin", true},
      {"environment", {{"A", "b"}}, {"A=b"}, "/Env/0", "A=b"},
      {"command", {"c"}, 5, "/Cmd/0", "c"},
      {"entryPoint", {"e"}, "e", "/Entrypoint/0", "e"},
      {"workingDir", "/w", 5, "/WorkingDir", "/w"},
      {"directory", "/w", 5, "/WorkingDir", "/w"},
      {"labels", {{"l", "v"}}, "l=v", "/Labels/l", "v"},
      {"stopSignal", "SIGINT", 5, "/StopSignal", "SIGINT"},
      {"stopTimeout", 7, "soon", "/StopTimeout", 7},
      {"healthCmd", {"CMD", "ls"}, "ls", "/Healthcheck/Test/1", "ls"},
      {"healthInterval", 5, "5s", "/Healthcheck/Interval", 5000000000},
      {"healthTimeout", 5, {5}, "/Healthcheck/Timeout", 5000000000},
      {"healthRetries", 5, true, "/Healthcheck/Retries", 5},
      {"privileged", true, "true", "/HostConfig/Privileged", true},
      {"readOnly", true, 1, "/HostConfig/ReadonlyRootfs", true},
      {"publishAllPorts", true, "all", "/HostConfig/PublishAllPorts", true},
      {"extraHosts", {"a:1.2.3.4"}, "a", "/HostConfig/ExtraHosts/0", "a:1.2.3.4"},
      {"pidMode", "host", 1, "/HostConfig/PidMode", "host"},
      {"ipcMode", "host", 1, "/HostConfig/IpcMode", "host"},
      {"uts", "host", 1, "/HostConfig/UTSMode", "host"},
      {"usernsMode", "host", 1, "/HostConfig/UsernsMode", "host"},
      {"logConfig", {{"driver", "syslog"}}, "syslog", "/HostConfig/LogConfig/Type", "syslog"},
      {"securityOpt", {"label:disable"}, "x", "/HostConfig/SecurityOpt/0", "label:disable"},
      {"devices", {"/dev/fuse"}, "x", "/HostConfig/Devices/0/PathOnHost", "/dev/fuse"},
      {"dns", {"1.1.1.1"}, "1.1.1.1", "/HostConfig/Dns/0", "1.1.1.1"},
      {"dnsSearch", {"x.com"}, "x", "/HostConfig/DnsSearch/0", "x.com"},
      {"dnsOpt", {"rotate"}, "x", "/HostConfig/DnsOptions/0", "rotate"},
      {"capAdd", {"NET_ADMIN"}, "x", "/HostConfig/CapAdd/0", "NET_ADMIN"},
      {"capDrop", {"MKNOD"}, "x", "/HostConfig/CapDrop/0", "MKNOD"},
      {"restartPolicy", {{"name", "always"}}, "always", "/HostConfig/RestartPolicy/Name", "always"},
      {"cpuSet", "0,1", 1, "/HostConfig/CpusetCpus", "0,1"},
      {"cpuSetMems", "0", 0, "/HostConfig/CpusetMems", "0"},
      {"cpuShares", 400, "few", "/HostConfig/CpuShares", 400},
      {"cpuPeriod", 1000, json::array(), "/HostConfig/CpuPeriod", 1000},
      {"cpuQuota", 1000, true, "/HostConfig/CpuQuota", 1000},
      {"cpuRealtimePeriod", 1000, true, "/HostConfig/CpuRealtimePeriod", 1000},
      {"cpuRealtimeRuntime", 1000, true, "/HostConfig/CpuRealtimeRuntime", 1000},
      {"memory", 67108864, "much", "/HostConfig/Memory", 67108864},
      {"memorySwap", 67108864, "64m", "/HostConfig/MemorySwap", 67108864},
      {"memorySwappiness", 10, "x", "/HostConfig/MemorySwappiness", 10},
      {"kernelMemory", 8388608, "x", "/HostConfig/KernelMemory", 8388608},
      {"oomKillDisable", true, "x", "/HostConfig/OomKillDisable", true},
      {"oomScoreAdj", 10, "x", "/HostConfig/OomScoreAdj", 10},
      {"shmSize", 1048576, "x", "/HostConfig/ShmSize", 1048576},
      {"tmpfs", {{"/run", "size=1m"}}, {"/run"}, "/HostConfig/Tmpfs/~1run", "size=1m"},
      {"sysctls", {{"net.ipv4.ip_forward", 1}}, {"x"}, "/HostConfig/Sysctls/net.ipv4.ip_forward", "1"},
      {"storageOpt", {{"size", "1G"}}, "x", "/HostConfig/StorageOpt/size", "1G"},
      {"ulimits", {{{"name", "nofile"}, {"hard", 2}, {"soft", 1}}}, "x", "/HostConfig/Ulimits/0/Hard", 2},
      {"groupAdd", {5}, "x", "/HostConfig/GroupAdd/0", "5"},
      {"blkioWeight", 100, "x", "/HostConfig/BlkioWeight", 100},
      {"blkioDeviceOptions",
       {{"/dev/vda", {{"readBps", 5}}}},
       {"x"},
       "/HostConfig/BlkioDeviceReadBps/0/Rate",
       5},
      {"cgroupParent", "/p", 5, "/HostConfig/CgroupParent", "/p"},
      {"cgroup", "c", 5, "/HostConfig/Cgroup", "c"},
      {"pidsLimit", 50, "x", "/HostConfig/PidsLimit", 50},
      {"diskQuota", 50, "x", "/HostConfig/DiskQuota", 50},
      {"runInit", true, "x", "/HostConfig/Init", true},
      {"volumeDriver", "local", 5, "/HostConfig/VolumeDriver", "local"},
      {"dataVolumes", {"/a:/b:ro"}, "/a", "/HostConfig/Binds/0", "/a:/b:ro"},
  };
  return table;
}

std::string path_of(const std::string& field) {
  return "data.instanceHostMap.instance.data.fields." + field;
}

TEST(Fields, H34_each_field_has_its_place) {
  SpecFacts facts = debian_engine();
  facts.engine_api_version = "1.40";  // The newest that knows all of them.
  for (const Row& row : rows()) {
    const json body = body_of({{row.field, row.value}}, {}, facts);
    const json::json_pointer place(row.place);
    ASSERT_TRUE(body.contains(place)) << row.field << " in " << body.dump();
    EXPECT_EQ(body.at(place), row.expected) << row.field;
  }
}

TEST(Fields, H34_null_is_the_same_as_absent) {
  const json plain = body_of({});
  for (const Row& row : rows()) {
    if (std::string_view(row.field) == "imageUuid") continue;
    EXPECT_EQ(body_of({{row.field, nullptr}}), plain) << row.field;
  }
}

TEST(Fields, H34_a_wrong_type_is_an_error_that_names_the_field) {
  for (const Row& row : rows()) {
    try {
      (void)spec_of({{row.field, row.wrong}});
      ADD_FAILURE() << row.field << " took " << row.wrong;
    } catch (const RequestError& error) {
      EXPECT_TRUE(std::string_view(error.what()).starts_with(path_of(row.field) + ": expected "))
          << error.what();
    }
  }
  try {
    (void)spec_of({{"memory", "much"}});
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(), "data.instanceHostMap.instance.data.fields.memory: expected a number");
  }
}

// The resource fields of `container`, `instance` and `launchConfig` in the 1.6 server's own schema files.
constexpr const char* kSchema[] = {"blkioDeviceOptions",
                                   "blkioWeight",
                                   "build",
                                   "capAdd",
                                   "capDrop",
                                   "cgroupParent",
                                   "command",
                                   "count",
                                   "cpuCount",
                                   "cpuPercent",
                                   "cpuPeriod",
                                   "cpuQuota",
                                   "cpuSet",
                                   "cpuSetMems",
                                   "cpuShares",
                                   "credentialIds",
                                   "dataVolumeMounts",
                                   "dataVolumes",
                                   "dataVolumesFrom",
                                   "dataVolumesFromLaunchConfigs",
                                   "deploymentUnitUuid",
                                   "devices",
                                   "diskQuota",
                                   "dns",
                                   "dnsOpt",
                                   "dnsSearch",
                                   "domainName",
                                   "entryPoint",
                                   "environment",
                                   "exitCode",
                                   "expose",
                                   "extraHosts",
                                   "fqdn",
                                   "groupAdd",
                                   "healthCheck",
                                   "healthCmd",
                                   "healthInterval",
                                   "healthRetries",
                                   "healthState",
                                   "healthTimeout",
                                   "hostname",
                                   "imageUuid",
                                   "instanceLinks",
                                   "instanceTriggeredStop",
                                   "ioMaximumBandwidth",
                                   "ioMaximumIOps",
                                   "ip",
                                   "ip6",
                                   "ipcMode",
                                   "isolation",
                                   "kernelMemory",
                                   "kind",
                                   "labels",
                                   "launchConfigName",
                                   "logConfig",
                                   "lxcConf",
                                   "memory",
                                   "memoryReservation",
                                   "memorySwap",
                                   "memorySwappiness",
                                   "metadata",
                                   "milliCpuReservation",
                                   "mounts",
                                   "name",
                                   "netAlias",
                                   "networkIds",
                                   "networkLaunchConfig",
                                   "networkMode",
                                   "oomKillDisable",
                                   "oomScoreAdj",
                                   "pidMode",
                                   "pidsLimit",
                                   "ports",
                                   "prePullOnUpgrade",
                                   "primaryAssociatedIpAddress",
                                   "primaryIpAddress",
                                   "primaryNetworkId",
                                   "privileged",
                                   "publishAllPorts",
                                   "readOnly",
                                   "registryCredentialId",
                                   "requestedHostId",
                                   "requestedIpAddress",
                                   "restartPolicy",
                                   "runInit",
                                   "secrets",
                                   "securityOpt",
                                   "shmSize",
                                   "sidekickTo",
                                   "startCount",
                                   "startOnCreate",
                                   "startRetryCount",
                                   "stdinOpen",
                                   "stopSignal",
                                   "stopSource",
                                   "stopTimeout",
                                   "storageOpt",
                                   "subnetIds",
                                   "sysctls",
                                   "tmpfs",
                                   "tty",
                                   "ulimits",
                                   "user",
                                   "userPorts",
                                   "userdata",
                                   "usernsMode",
                                   "uts",
                                   "validHostIds",
                                   "vcpu",
                                   "version",
                                   "vnetIds",
                                   "volumeDriver",
                                   "workingDir"};

TEST(Fields, H34_no_field_of_the_schema_is_dropped_in_silence) {
  for (const char* name : kSchema) {
    const FieldUse use = use_of_field(name);
    EXPECT_NE(use, FieldUse::unknown) << name;
    const bool in_table = std::any_of(rows().begin(), rows().end(),
                                      [&](const Row& row) { return std::string_view(row.field) == name; });
    EXPECT_EQ(use == FieldUse::mapped, in_table) << name;
  }
}

TEST(Fields, every_mapped_field_is_in_the_table) {
  for (const Row& row : rows()) EXPECT_EQ(use_of_field(row.field), FieldUse::mapped) << row.field;
  EXPECT_EQ(use_of_field("commandArgs"), FieldUse::mapped);  // only with the string form of `command`: H28
}

TEST(Fields, an_unused_field_never_fails_the_event) {
  for (const char* name : {"networkMode", "expose", "healthCheck", "ports", "secrets", "isolation",
                           "dockerPorts", "somethingNew"}) {
    EXPECT_NO_THROW((void)spec_of({{name, {{"any", {1, 2}}}}})) << name;
  }
}

TEST(Fields, unknown_names_are_reported_and_known_ones_are_not) {
  EXPECT_EQ(spec_of({{"somethingNew", 1}, {"memory", 67108864}, {"networkMode", "host"}, {"isolation", "x"}})
                .unknown_fields,
            (std::set<std::string>{"somethingNew"}));
}

TEST(Fields, what_only_other_systems_know_is_warned_about_when_set) {
  const ContainerSpec spec =
      spec_of({{"cpuCount", 2}, {"isolation", "hyperv"}, {"lxcConf", {{"lxc.a", "b"}}}});
  EXPECT_EQ(spec.warnings.size(), 3U);
  EXPECT_TRUE(
      spec_of(
          {{"cpuCount", 0}, {"isolation", "default"}, {"lxcConf", json::object()}, {"cpuPercent", nullptr}})
          .warnings.empty());
}

}  // namespace
}  // namespace cattle::handlers
