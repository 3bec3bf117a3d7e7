// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/spec_fields.hpp"

#include <algorithm>
#include <array>

namespace cattle::handlers {
namespace {

// The fields of `container`, `instance` and `launchConfig` in the 1.6 schema, of the captured events, and of
// the Python era.
constexpr std::array kMapped = std::to_array<std::string_view>({
    // Config
    "command",
    "commandArgs",
    "directory",
    "domainName",
    "entryPoint",
    "environment",
    "healthCmd",
    "healthInterval",
    "healthRetries",
    "healthTimeout",
    "imageUuid",
    "labels",
    "stdinOpen",
    "stopSignal",
    "stopTimeout",
    "tty",
    "user",
    "workingDir",
    // HostConfig
    "blkioDeviceOptions",
    "blkioWeight",
    "capAdd",
    "capDrop",
    "cgroup",
    "cgroupParent",
    "cpuPeriod",
    "cpuQuota",
    "cpuRealtimePeriod",
    "cpuRealtimeRuntime",
    "cpuSet",
    "cpuSetMems",
    "cpuShares",
    "dataVolumes",
    "devices",
    "diskQuota",
    "dns",
    "dnsOpt",
    "dnsSearch",
    "extraHosts",
    "groupAdd",
    "ipcMode",
    "kernelMemory",
    "logConfig",
    "memory",
    "memorySwap",
    "memorySwappiness",
    "oomKillDisable",
    "oomScoreAdj",
    "pidMode",
    "pidsLimit",
    "privileged",
    "publishAllPorts",
    "readOnly",
    "restartPolicy",
    "runInit",
    "securityOpt",
    "shmSize",
    "storageOpt",
    "sysctls",
    "tmpfs",
    "ulimits",
    "usernsMode",
    "uts",
    "volumeDriver",
});

constexpr std::array kOtherPlace = std::to_array<std::string_view>({
    // Columns of the instance, or relations that arrive as objects beside `data`.
    "dataVolumeMounts",
    "dataVolumesFrom",
    "hostname",
    "instanceLinks",
    "memoryReservation",
    "milliCpuReservation",
    "name",
    "networkContainerId",
    "registryCredentialId",
    "userdata",
    "version",
    // What the server itself acts on: scheduling, addresses, health checks from other hosts, restarts,
    // upgrades.
    "build",
    "count",
    "createIndex",
    "createOnly",
    "credentialIds",
    "dataVolumesFromLaunchConfigs",
    "deploymentUnitUuid",
    "description",
    "detach",
    "exitCode",
    "expose",
    "fqdn",
    "healthCheck",
    "healthState",
    "hostId",
    "instanceTriggeredStop",
    "ip",
    "ip6",
    "kind",
    "launchConfigName",
    "metadata",
    "mounts",
    "netAlias",
    "networkIds",
    "networkLaunchConfig",
    "networkMode",
    "ports",
    "prePullOnUpgrade",
    "primaryAssociatedIpAddress",
    "primaryNetworkId",
    "requestedHostId",
    "requestedIpAddress",
    "secrets",
    "serviceId",
    "serviceIds",
    "sidekickTo",
    "stackId",
    "startCount",
    "startOnCreate",
    "startRetryCount",
    "stopSource",
    "subnetIds",
    "systemContainer",
    "type",
    "userPorts",
    "validHostIds",
    "vcpu",
    "vnetIds",
    // What earlier replies have put there.
    "dockerHostIp",
    "dockerIp",
    "dockerPorts",
    "primaryIpAddress",
    "transitioningMessage",
    "transitioningProgress",
});

constexpr std::array kOtherSystem = std::to_array<std::string_view>({
    "cpuCount",
    "cpuPercent",
    "ioMaximumBandwidth",
    "ioMaximumIOps",
    "isolation",
    "lxcConf",
});

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

FieldUse use_of_field(std::string_view name) {
  if (contains(kMapped, name)) return FieldUse::mapped;
  if (contains(kOtherPlace, name)) return FieldUse::other_place;
  return contains(kOtherSystem, name) ? FieldUse::other_system : FieldUse::unknown;
}

std::set<std::string> unknown_fields(const JsonFields& settings) {
  std::set<std::string> names;
  if (!settings.document().is_object()) return names;
  for (const auto& entry : settings.document().items()) {
    if (use_of_field(entry.key()) == FieldUse::unknown) names.insert(entry.key());
  }
  return names;
}

}  // namespace cattle::handlers
