// SPDX-License-Identifier: Apache-2.0
#include "lab/start_process.hpp"

#include "lab/event_context.hpp"
#include "lab/merge.hpp"

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr const char* kImagePath = "->(InstanceStart)->volume.activate->(VolumeActivate)";

const json& part(const json& reply, const char* type, const char* key) {
  static const json kNone;
  const auto data = reply.find("data");
  if (data == reply.end() || !data->is_object()) return kNone;
  const auto resource = data->find(type);
  if (resource == data->end() || !resource->is_object()) return kNone;
  const auto value = resource->find(key);
  return value == resource->end() ? kNone : *value;
}

}  // namespace

asio::awaitable<void> StartProcess::run(Process& process) {
  if (instance().at("state") == "running" || removed(instance())) co_return;
  try {
    co_await steps(process);
  } catch (const AttemptTimeout& timeout) {
    const Row& host = store().at("host", map_of(store(), instance()).at("hostId").get<std::int64_t>());
    const bool away = owner_.p_.agents.away(host.at("agentId").get<std::int64_t>());
    if (!away || !instance().at("firstRunning").is_null()) throw;
    reschedule_ = true;
    throw GivenUp(timeout.what());
  }
}

asio::awaitable<void> StartProcess::steps(Process& process) {
  store().set_state(instance(), "starting");
  show("Storage", 64);
  for (const std::int64_t map : volume_maps()) {
    co_await activate_image(process, map);
    co_await activate_volume(process, map);
  }
  show("Starting", 84);
  co_await activate(process);
  Row& row = instance();
  if (row.at("firstRunning").is_null()) row["firstRunning"] = now_millis();
  row["startCount"] = row.at("startCount").get<int>() + 1;
  row["data"]["fields"].erase("transitioningMessage");
  row["data"]["fields"]["transitioningProgress"] = 100;
  store().set_state(row, "running");
}

void StartProcess::show(const char* message, int progress) {
  instance()["data"]["fields"]["transitioningMessage"] = message;
  instance()["data"]["fields"]["transitioningProgress"] = progress;
}

std::vector<std::int64_t> StartProcess::volume_maps() {
  std::vector<json> volumes;
  for (const Row* volume : store().where("volume", "instanceId", instance().at("id")))
    volumes.push_back(volume->at("id"));
  for (const auto& [path, id] : instance().at("data").at("fields").at("dataVolumeMounts").items())
    volumes.push_back(id);
  std::vector<std::int64_t> out;
  for (const json& id : volumes) {
    for (const Row* map : store().where("volumeStoragePoolMap", "volumeId", id)) {
      if (!removed(*map)) out.push_back(id_of(*map));
    }
  }
  return out;
}

CallSpec StartProcess::spec(const char* event, const Row& map, const Process& process, const char* logic,
                            const char* path) const {
  const std::string type = text(map, "type");
  CallSpec out;
  out.name = event;
  out.resource_type = type;
  out.resource_id = api_id(type, id_of(map));
  out.timeout = owner_.p_.settings.event_timeout;
  std::string name = type + ".activate";
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  out.context = context_of(process, Nested{name, logic, type, id_of(map), path});
  return out;
}

asio::awaitable<void> StartProcess::activate_image(Process& process, std::int64_t volume_map) {
  const Row& volume_row = store().at("volumeStoragePoolMap", volume_map);
  const Row& volume = store().at("volume", volume_row.at("volumeId").get<std::int64_t>());
  Row* map = volume.at("imageId").is_null()
                 ? nullptr
                 : store().first("imageStoragePoolMap", "imageId", volume.at("imageId"));
  if (map == nullptr || map->at("state") == "active" || no_op_) co_return;
  (*map)["state"] = "activating";
  CallSpec call = spec("storage.image.activate", *map, process, "ImageStoragePoolMapActivate", kImagePath);
  call.data = owner_.p_.data.image_map(*map);
  call.agent = store()
                   .at("storagePool", map->at("storagePoolId").get<std::int64_t>())
                   .at("agentId")
                   .get<std::int64_t>();
  call.progress_extends = true;
  call.on_progress = [this](const json& reply) {
    instance()["data"]["fields"]["transitioningMessage"] = text(reply, "transitioningMessage");
    if (const auto it = reply.find("transitioningProgress"); it != reply.end() && it->is_number()) {
      instance()["data"]["fields"]["transitioningProgress"] = *it;
    }
    store().changed(instance());
  };
  const Outcome outcome = co_await owner_.p_.steps.send(process, std::move(call), WhenAway::fail);
  if (outcome.answer == Answer::error) give_up(outcome.message, false);
  (*map)["state"] = "active";
}

asio::awaitable<void> StartProcess::activate_volume(Process& process, std::int64_t volume_map) {
  Row& map = store().at("volumeStoragePoolMap", volume_map);
  if (map.at("state") == "active") co_return;
  map["state"] = "activating";
  Row& volume = store().at("volume", map.at("volumeId").get<std::int64_t>());
  volume["state"] = "activating";
  CallSpec call = spec("storage.volume.activate", map, process, "VolumeStoragePoolMapActivate", kImagePath);
  call.data = owner_.p_.data.volume_map(map);
  call.agent = store()
                   .at("storagePool", map.at("storagePoolId").get<std::int64_t>())
                   .at("agentId")
                   .get<std::int64_t>();
  const Outcome outcome = co_await owner_.p_.steps.send(process, std::move(call), WhenAway::skip_gone);
  if (outcome.answer == Answer::error) give_up(outcome.message, false);
  merge_reply(volume, part(outcome.reply, "volumeStoragePoolMap", "volume"));
  map["state"] = "active";
  store().set_state(volume, "active");
}

asio::awaitable<void> StartProcess::activate(Process& process) {
  Row& map = map_of(store(), instance());
  const Row& host = store().at("host", map.at("hostId").get<std::int64_t>());
  map["state"] = "activating";
  std::string message;
  for (int tries = 0; tries < owner_.p_.settings.compute_tries; ++tries) {
    CallSpec call =
        spec("compute.instance.activate", map, process, "InstanceHostMapActivate", "->(InstanceStart)");
    call.data = owner_.p_.data.instance_map(map);
    if (no_op_) call.data["processData"] = {{"containerNoOpEvent", true}};
    call.agent = host.at("agentId").get<std::int64_t>();
    const Outcome outcome = co_await owner_.p_.steps.send(process, std::move(call), WhenAway::fail);
    if (outcome.answer == Answer::success) {
      take(process, host, outcome.reply);
      map["state"] = "active";
      co_return;
    }
    message = outcome.message;
    if (process.cancel_asked) throw AttemptFailed(message);
  }
  give_up(message, true);
}

void StartProcess::take(Process& process, const Row& host, const json& reply) {
  try {
    take_activation(store(), owner_.p_.flavour, instance(), host, part(reply, "instanceHostMap", "instance"));
  } catch (const Rejected& error) {
    process.steps.back().outcome = "rejected";
    process.steps.back().message = error.what();
    // E3: the older server throws the reply away and tries again for ever; E4: the fork puts the instance in
    // error.
    if (owner_.p_.flavour == Flavour::cattle) throw AttemptFailed(error.what());
    give_up(error.what(), true);
  }
}

void StartProcess::give_up(const std::string& message, bool deactivate) {
  Row& row = instance();
  const bool first = row.at("firstRunning").is_null();
  row["data"]["fields"]["transitioningMessage"] = message;
  if (!deactivate) store().set_state(row, first ? "error" : "stopped");
  throw GivenUp(message);
}

void StartProcess::ended(const Process& process) {
  Row& row = instance();
  if (process.state != ProcessState::failed || row.at("state") != "starting") return;
  // The start was given up after an activation: what it left on the host is stopped, then the verdict is
  // shown.
  if (reschedule_) return owner_.remove(row);
  const bool first = row.at("firstRunning").is_null();
  const json message = row["data"]["fields"]["transitioningMessage"];
  owner_.p_.store.set_state(row, "stopping");
  row["_afterStop"] = first ? "error" : "stopped";
  row["_afterStopMessage"] = message;
  owner_.stop(row, nullptr);
}

}  // namespace cattle::lab
