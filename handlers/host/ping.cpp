// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/ping.hpp"

#include "docker-client/error.hpp"
#include "handlers/call_wait.hpp"
#include "handlers/host/disk_statistics.hpp"
#include "handlers/host/instance_list.hpp"
#include "handlers/json_fields.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cattle::handlers {
namespace {

docker::Call bounded(docker::Call call, std::chrono::milliseconds event_time,
                     std::chrono::milliseconds limit) {
  // The activation ping has 2 s in all, and its answer still has to travel.
  const auto share = std::min(limit, event_time * 8 / 10);
  call.deadline = std::min(call.deadline, std::chrono::steady_clock::now() + share);
  return call;
}

/// A wait that fits into the ping's time: zero when an engine has used that up.
std::chrono::milliseconds within(const docker::Call& call, std::chrono::milliseconds limit) {
  return time_left(call.deadline, std::chrono::milliseconds(0), limit);
}

}  // namespace

/// Options that a ping sets; anything but the boolean true is "no" (6.1).
struct Ping::Wanted {
  explicit Wanted(const nlohmann::json& data) {
    const auto set = [&data](const char* option) {
      const nlohmann::json::json_pointer path(std::string("/options/") + option);
      return data.is_object() && data.contains(path) && data.at(path).is_boolean() &&
             data.at(path).get<bool>();
    };
    resources = set("resources");
    instances = set("instances");
    statistics = set("stats");
  }
  bool resources = false;
  bool instances = false;
  bool statistics = false;
};

std::string cloud_file(const HostOptions& options) {
  return options.detect_cloud_provider ? options.state_dir + "/info.json" : std::string();
}

Ping::Ping(const HostOptions& options, const docker::Client& engine, const ContainerChanges& changes,
           PingTimes times)
    : options_(options),
      engine_(engine),
      changes_(changes),
      times_(times),
      label_sources_{
          .proc = options.proc, .agent_image = options.agent_image, .cloud_file = cloud_file(options)},
      engine_facts_(engine),
      statistics_({.proc = options.proc,
                   .sys = options.sys,
                   .etc = options.etc,
                   .iops_dir = options.iops_dir,
                   .host_key_file = options.host_key_file,
                   .cloud_file = cloud_file(options)}) {}

std::optional<nlohmann::json> Ping::handle(const subscriber::Event& event, Context& context) {
  if (!event.wants_reply()) return std::nullopt;  // the server's keep-alive (E2)
  nlohmann::json answer = {{"options", nlohmann::json::object()}};
  const Wanted wanted(event.data);
  if (!options_.ping_enabled || !options_.docker_enabled || !(wanted.resources || wanted.instances))
    return answer;

  const auto call = bounded(context.call, event.timeout, times_.all);
  auto resources = nlohmann::json::array();
  // The list first: it has to be fresh, whereas an engine that is silent has nothing new to tell about
  // itself.
  auto instances = nlohmann::json::array();
  if (wanted.instances && add_instances(instances, call, context.log)) answer["options"]["instances"] = true;
  if (wanted.resources) add_host(resources, wanted.statistics, call, context.log);
  if (wanted.instances) {
    resources.push_back({{"type", "hostUuid"}, {"uuid", options_.docker_uuid}});
    std::move(instances.begin(), instances.end(), std::back_inserter(resources));
  }
  answer["resources"] = std::move(resources);
  return answer;
}

void Ping::add_host(nlohmann::json& resources, bool with_statistics, const docker::Call& call,
                    EventLog& log) {
  const bool time_left = std::chrono::steady_clock::now() < call.deadline;
  const auto engine = time_left ? engine_facts_.get(call) : engine_facts_.known();
  resources.push_back({{"type", "physicalHost"},
                       {"kind", "physicalHost"},
                       {"uuid", options_.physical_host_uuid},
                       {"name", options_.hostname}});
  resources.push_back(host_resource(engine, with_statistics, call, log));
  resources.push_back({{"type", "storagePool"},
                       {"kind", "docker"},
                       {"name", options_.hostname + " Storage Pool"},
                       {"hostUuid", options_.docker_uuid},
                       {"uuid", options_.docker_uuid + "-pool"}});
  const auto configured = options_.address();
  if (const auto address = address_.ipv4(configured, within(call, times_.address))) {
    resources.push_back({{"type", "ipAddress"},
                         {"uuid", *address},
                         {"address", *address},
                         {"hostUuid", options_.docker_uuid}});
  } else if (!configured.empty()) {  // That there is none at all is told once, where it is chosen.
    log.warn("ping: the host's address '" + configured + "' has no IPv4 address; none is reported");
  }
}

nlohmann::json Ping::host_resource(const std::optional<EngineFacts>& engine, bool with_statistics,
                                   const docker::Call& call, EventLog& log) {
  nlohmann::json host = {{"type", "host"},
                         {"kind", "docker"},
                         {"uuid", options_.docker_uuid},
                         {"hostname", options_.hostname},
                         {"physicalHostUuid", options_.physical_host_uuid},
                         {"createLabels", options_.create_labels},
                         {"labels", host_labels(label_sources_, engine)}};
  if (!options_.api_proxy.empty()) host["apiProxy"] = options_.api_proxy;
  std::shared_ptr<const HostReport> report;
  if (with_statistics) {
    report = statistics_.collect(engine, within(call, times_.host_key), log);
    host["info"] = report->info;
  }
  add_capacity(host, engine, report.get());
  return host;
}

void Ping::add_capacity(nlohmann::json& host, const std::optional<EngineFacts>& engine,
                        const HostReport* report) const {
  constexpr std::int64_t kMilli = 1000;
  auto memory = options_.memory_override;
  if (!memory && report != nullptr) memory = report->memory_bytes;
  if (memory) host["memory"] = *memory;

  auto milli_cpu = options_.milli_cpu_override;
  if (!milli_cpu && report != nullptr && report->cpus) milli_cpu = *report->cpus * kMilli;
  if (milli_cpu) host["milliCpu"] = *milli_cpu;

  auto storage = options_.local_storage_mb_override;
  if (!storage && engine) {
    auto usage = disk_usage(path_on_host(options_.proc, engine->root_dir));
    if (!usage) usage = disk_usage(engine->root_dir);
    if (usage) storage = usage->free;
  }
  if (storage) host["localStorageMb"] = *storage;
}

bool Ping::add_instances(nlohmann::json& resources, const docker::Call& call, EventLog& log) const {
  try {
    for (int attempt = 1; attempt <= times_.lists; ++attempt) {
      const auto begun = changes_.begun();
      auto instances = instance_resources(engine_.list_containers({}, call));
      // The reply to what changed meanwhile may reach the server before this list, which would then be the
      // older of the two: the server removes what a complete list misses.
      if (changes_.quiet_since(begun)) {
        std::move(instances.begin(), instances.end(), std::back_inserter(resources));
        return true;
      }
      if (attempt < times_.lists && !wait_for(call, times_.between_lists)) break;
    }
    log.debug("ping: instances left out, containers are changing");
    return false;
  } catch (const docker::Error& error) {
    // Optional by design: without the list the server changes nothing, with half of it it would remove
    // containers (R36).
    log.warn(std::string("ping: instances left out: ") + error.what());
    return false;
  }
}

}  // namespace cattle::handlers
