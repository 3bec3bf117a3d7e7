// SPDX-License-Identifier: Apache-2.0
// How containers and volumes stop and go: instance.stop, instance.restart, instance.remove,
// volumestoragepoolmap.remove.
#include "lab/event_context.hpp"
#include "lab/instances.hpp"
#include "lab/merge.hpp"
#include "lab/start_process.hpp"

#include <algorithm>
#include <memory>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

bool is_anonymous(const std::string& name) {
  static constexpr std::size_t kIdLength = 64;
  return name.size() == kIdLength && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Which data volumes go with their container (label io.rancher.container.volume_cleanup_strategy).
bool goes_along(const Row& instance, const Row& volume) {
  const json& fields = instance.at("data").at("fields");
  const std::string strategy = fields.contains("labels")
                                   ? text(fields.at("labels"), "io.rancher.container.volume_cleanup_strategy")
                                   : "";
  if (strategy == "none") return false;
  const std::string name = text(volume, "name");
  return strategy == "all" || is_anonymous(name) || name.starts_with('/');
}

}  // namespace

/// instance.stop: one event, merged, repeated for ever on errors.
class StopProcess {
 public:
  StopProcess(Instances& owner, std::int64_t instance, json process_data)
      : owner_(owner), instance_(instance), process_data_(std::move(process_data)) {}

  asio::awaitable<void> run(Process& process) {
    Store& store = owner_.p_.store;
    Row& row = store.at("instance", instance_);
    if (removed(row) || row.at("state") == "stopped") co_return;
    store.set_state(row, "stopping");
    Row& map = map_of(store, row);
    const bool no_op = process_data_.is_object() && process_data_.value("containerNoOpEvent", false);
    if (!no_op && map.at("state") != "inactive") co_await deactivate(process, row, map);
    map["state"] = "inactive";
    for (Row* volume : store.where("volume", "instanceId", row.at("id"))) put_to_rest(*volume);
    const std::string after = text(row, "_afterStop");
    if (!after.empty()) row["data"]["fields"]["transitioningMessage"] = row["_afterStopMessage"];
    row.erase("_afterStop");
    store.set_state(row, after.empty() ? "stopped" : after);
  }

 private:
  asio::awaitable<void> deactivate(Process& process, Row& row, Row& map) {
    map["state"] = "deactivating";
    CallSpec call;
    call.name = "compute.instance.deactivate";
    call.resource_type = "instanceHostMap";
    call.resource_id = api_id("instanceHostMap", id_of(map));
    call.timeout = owner_.p_.settings.event_timeout;
    call.context = context_of(process, Nested{"instancehostmap.deactivate", "InstanceHostMapDeactivate",
                                              "instanceHostMap", id_of(map), "->(InstanceStop)"});
    call.data = owner_.p_.data.instance_map(map);
    if (process_data_.is_object() && process_data_.contains("timeout"))
      call.data["processData"] = process_data_;
    call.agent =
        owner_.p_.store.at("host", map.at("hostId").get<std::int64_t>()).at("agentId").get<std::int64_t>();
    const Outcome outcome = co_await owner_.p_.steps.send(process, std::move(call), WhenAway::skip);
    if (outcome.answer == Answer::error) throw AttemptFailed(outcome.message);
    const json& reply = outcome.reply;
    const json::json_pointer path("/data/instanceHostMap/instance");
    if (reply.contains(path)) merge_reply(row, reply.at(path));
  }

  void put_to_rest(Row& volume) {
    for (Row* map : owner_.p_.store.where("volumeStoragePoolMap", "volumeId", volume.at("id")))
      (*map)["state"] = "inactive";
    owner_.p_.store.set_state(volume, "inactive");
  }

  Instances& owner_;
  std::int64_t instance_;
  json process_data_;
};

void Instances::start(Row& instance, bool no_op) {
  const auto process = std::make_shared<StartProcess>(*this, id_of(instance), no_op);
  p_.store.set_state(instance, "starting");
  p_.processes.schedule(
      "instance.start", "instance", id_of(instance),
      [process](Process& running) { return process->run(running); },
      [process](const Process& over) { process->ended(over); });
}

void Instances::stop(Row& instance, const json& process_data) {
  const auto process = std::make_shared<StopProcess>(*this, id_of(instance), process_data);
  p_.processes.cancel("instance", id_of(instance));
  p_.processes.schedule("instance.stop", "instance", id_of(instance),
                        [process](Process& running) { return process->run(running); });
}

void Instances::restart(Row& instance) {
  const std::int64_t id = id_of(instance);
  const auto stopping = std::make_shared<StopProcess>(*this, id, nullptr);
  p_.processes.cancel("instance", id);
  p_.processes.schedule(
      "instance.stop", "instance", id, [stopping](Process& running) { return stopping->run(running); },
      [this, id](const Process& over) {
        if (over.state == ProcessState::done) start(p_.store.at("instance", id));
      });
}

void Instances::remove(Row& instance) {
  if (removed(instance)) return;
  const std::int64_t id = id_of(instance);
  p_.processes.cancel("instance", id);
  const Row* map = p_.store.first("instanceHostMap", "instanceId", id);
  if (map == nullptr || map->at("state") == "inactive") return schedule_removal(instance);
  const auto stopping = std::make_shared<StopProcess>(*this, id, nullptr);
  p_.processes.schedule(
      "instance.stop", "instance", id, [stopping](Process& running) { return stopping->run(running); },
      [this, id](const Process& over) {
        if (over.state == ProcessState::done) schedule_removal(p_.store.at("instance", id));
      });
}

void Instances::schedule_removal(Row& instance) {
  const std::int64_t id = id_of(instance);
  p_.store.set_state(instance, "removing");
  p_.processes.schedule("instance.remove", "instance", id, [this, id](Process&) -> asio::awaitable<void> {
    take_children_down(p_.store.at("instance", id));
    co_return;
  });
}

void Instances::take_children_down(Row& instance) {
  const json id = instance.at("id");
  for (const char* type : {"nic", "port", "instanceLink"}) {
    for (Row* child : p_.store.where(type, "instanceId", id)) p_.store.set_removed(*child);
  }
  if (Row* image = p_.store.find("image", instance.at("imageId").get<std::int64_t>()))
    p_.store.set_removed(*image);
  std::vector<Row*> volumes = p_.store.where("volume", "instanceId", id);
  for (const auto& [path, volume] : instance.at("data").at("fields").at("dataVolumeMounts").items()) {
    Row& row = p_.store.at("volume", volume.get<std::int64_t>());
    if (goes_along(instance, row) && !removed(row)) volumes.push_back(&row);
  }
  instance["allocationState"] = "inactive";
  p_.store.set_removed(instance);
  if (Row* map = p_.store.first("instanceHostMap", "instanceId", id)) p_.store.set_removed(*map);
  // The container leaves the host as its root volume does (E1); nothing else is ever sent for it.
  for (Row* volume : volumes) remove_volume(*volume);
}

Row& Instances::create_volume(std::int64_t project, const json& spec) {
  const std::string name = text(spec, "name");
  if (name.empty()) throw OperationError(422, "MissingRequired", "name");
  const auto same = p_.store.where("volume", "name", name);
  if (std::any_of(same.begin(), same.end(), [](const Row* row) { return !removed(*row); })) {
    throw OperationError(422, "NotUnique", "name");
  }
  Row* host = host_for(p_.store, project, spec.contains("hostId") ? spec.at("hostId") : json(nullptr));
  Row* pool = host == nullptr ? nullptr : pool_of(p_.store, *host);
  if (pool == nullptr) throw OperationError(422, "InvalidReference", "hostId");
  const std::string driver = text(spec, "driver").empty() ? "local" : text(spec, "driver");
  Row& volume = p_.store.add("volume", {{"name", name},
                                        {"accountId", project},
                                        {"uri", driver + ":///" + name},
                                        {"deviceNumber", -1},
                                        {"allocationState", "active"},
                                        {"state", "activating"}});
  volume["data"]["fields"] = {{"driver", driver}, {"isHostPath", false}};
  if (spec.contains("driverOpts")) volume["data"]["fields"]["driverOpts"] = spec.at("driverOpts");
  const Row& map = p_.store.add(
      "volumeStoragePoolMap",
      {{"volumeId", volume.at("id")}, {"storagePoolId", pool->at("id")}, {"state", "activating"}});
  p_.store.changed(volume);
  const std::int64_t map_id = id_of(map);
  p_.processes.schedule("volume.activate", "volume", id_of(volume), [this, map_id](Process& process) {
    return activate_volume_attempt(process, map_id);
  });
  return volume;
}

asio::awaitable<void> Instances::activate_volume_attempt(Process& process, std::int64_t map_id) {
  Row& map = p_.store.at("volumeStoragePoolMap", map_id);
  Row& volume = p_.store.at("volume", map.at("volumeId").get<std::int64_t>());
  CallSpec call;
  call.name = "storage.volume.activate";
  call.resource_type = "volumeStoragePoolMap";
  call.resource_id = api_id("volumeStoragePoolMap", map_id);
  call.timeout = p_.settings.event_timeout;
  call.context = context_of(process, Nested{"volumestoragepoolmap.activate", "VolumeStoragePoolMapActivate",
                                            "volumeStoragePoolMap", map_id, "->(VolumeActivate)"});
  call.data = p_.data.volume_map(map);
  call.agent = p_.store.at("storagePool", map.at("storagePoolId").get<std::int64_t>())
                   .at("agentId")
                   .get<std::int64_t>();
  const Outcome outcome = co_await p_.steps.send(process, std::move(call), WhenAway::skip_gone);
  if (outcome.answer == Answer::error) throw AttemptFailed(outcome.message);
  const json::json_pointer path("/data/volumeStoragePoolMap/volume");
  if (outcome.reply.contains(path)) merge_reply(volume, outcome.reply.at(path));
  map["state"] = "active";
  p_.store.set_state(volume, "active");
}

void Instances::remove_volume(Row& volume) {
  if (removed(volume)) return;
  p_.processes.cancel("volume", id_of(volume));
  volume["allocationState"] = "inactive";
  p_.store.set_removed(volume);
  for (Row* map : p_.store.where("volumeStoragePoolMap", "volumeId", volume.at("id"))) {
    if (!removed(*map)) remove_map(*map);
  }
}

void Instances::remove_map(Row& map) {
  const std::int64_t id = id_of(map);
  const Row& volume = p_.store.at("volume", map.at("volumeId").get<std::int64_t>());
  map["state"] = "removing";
  const json& fields = volume.at("data").value("fields", json::object());
  if (fields.value("isNative", false)) return p_.store.set_removed(map);
  p_.processes.schedule("volumestoragepoolmap.remove", "volumeStoragePoolMap", id,
                        [this, id](Process& process) { return remove_map_attempt(process, id); });
}

asio::awaitable<void> Instances::remove_map_attempt(Process& process, std::int64_t map_id) {
  Row& map = p_.store.at("volumeStoragePoolMap", map_id);
  CallSpec call;
  call.name = "storage.volume.remove";
  call.resource_type = "volumeStoragePoolMap";
  call.resource_id = api_id("volumeStoragePoolMap", map_id);
  call.timeout = p_.settings.event_timeout;
  call.context = context_of(process, "VolumeStoragePoolMapRemove");
  call.data = p_.data.volume_map(map);
  call.agent = p_.store.at("storagePool", map.at("storagePoolId").get<std::int64_t>())
                   .at("agentId")
                   .get<std::int64_t>();
  const Outcome outcome = co_await p_.steps.send(process, std::move(call), WhenAway::skip);
  if (outcome.answer == Answer::error) throw AttemptFailed(outcome.message);
  p_.store.set_removed(map);
}

}  // namespace cattle::lab
