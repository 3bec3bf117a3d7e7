// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cattle::tests {

/// A start with a port, labels, environment and a volume: the size and the fields that a usual service has.
inline constexpr std::string_view kActivateEvent = R"json({
  "id": "7c1be4c5-2a52-4f6e-9a02-000000000001", "name": "compute.instance.activate;agent=3", "replyTo": "reply.42",
  "resourceType": "instanceHostMap", "resourceId": "17", "time": 1479900000000, "timeoutMillis": 60000,
  "context": {"logic": "instance.start", "prettyProcess": "1ps42:instance.start"},
  "data": {"instanceHostMap": {"id": 17, "type": "instanceHostMap", "hostId": 1, "instanceId": 23,
    "host": {"id": 1, "uuid": "0a0b0c0d-0000-4000-8000-00000000000a", "data": {}},
    "instance": {"id": 23, "type": "instance", "name": "shop-web-1", "uuid": "0a0b0c0d-0000-4000-8000-000000000017",
      "hostname": null, "externalId": null, "agentId": null, "nativeContainer": false, "token": "bench", "zoneId": 1,
      "image": {"id": 9, "name": "local/busybox:test", "data": {"dockerImage": {"fullName": "local/busybox:test"}}},
      "offering": null, "instanceLinks": [], "dataVolumesFromContainers": [], "volumesFromDataVolumeMounts": [],
      "volumes": [{"id": 31, "uuid": "0a0b0c0d-0000-4000-8000-00000000001f", "deviceNumber": 0, "data": {"fields": {}}}],
      "nics": [{"id": 5, "deviceNumber": 0, "macAddress": "02:00:00:00:00:17", "network": {"id": 2, "kind": "dockerBridge"},
        "ipAddresses": [], "networkId": 2}],
      "ports": [{"id": 7, "publicPort": 8080, "privatePort": 80, "protocol": "tcp", "data": {"fields": {"bindAddress": null}}}],
      "data": {"fields": {"imageUuid": "docker:local/busybox:test", "command": ["sleep", "1000"], "tty": false,
        "stdinOpen": false, "privileged": false, "memory": 268435456, "cpuShares": 512, "capAdd": ["NET_ADMIN"],
        "environment": {"DATABASE": "orders", "LOG_LEVEL": "info", "REGION": "north", "RETRIES": "5"},
        "labels": {"io.rancher.container.ip": "10.42.1.2/16", "io.rancher.stack.name": "shop",
          "io.rancher.stack_service.name": "shop/web", "io.rancher.service.hash": "0123456789abcdef"},
        "dataVolumes": ["/srv/data:/data:ro", "cache:/var/cache"], "dns": ["10.0.0.2"], "dnsSearch": ["shop.local"],
        "restartPolicy": {"name": "on-failure", "maximumRetryCount": 3}, "startOnCreate": true}}}}}})json";

}  // namespace cattle::tests
