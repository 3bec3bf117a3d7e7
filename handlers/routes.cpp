// SPDX-License-Identifier: Apache-2.0
#include "handlers/routes.hpp"

#include "handlers/compute/agent_container.hpp"
#include "handlers/compute/container_removal.hpp"
#include "handlers/compute/engine_lane.hpp"
#include "handlers/compute/instance_activate.hpp"
#include "handlers/compute/instance_deactivate.hpp"
#include "handlers/compute/instance_force_stop.hpp"
#include "handlers/compute/instance_inspect.hpp"
#include "handlers/compute/instance_pull.hpp"
#include "handlers/compute/instance_remove.hpp"
#include "handlers/compute/instance_reply.hpp"
#include "handlers/host/cloud_provider.hpp"
#include "handlers/host/config_update.hpp"
#include "handlers/host/delegate_request.hpp"
#include "handlers/host/ping.hpp"
#include "handlers/host/port_check.hpp"
#include "handlers/resource_key.hpp"
#include "handlers/storage/image_activate.hpp"
#include "handlers/storage/image_build.hpp"
#include "handlers/storage/image_pull.hpp"
#include "handlers/storage/volume_activate.hpp"
#include "handlers/storage/volume_deactivate.hpp"
#include "handlers/storage/volume_plugin.hpp"
#include "handlers/storage/volume_preparation.hpp"
#include "handlers/storage/volume_remove.hpp"

#include <utility>

namespace cattle::handlers {
namespace {

AddressWaitOptions address_options(const HostOptions& options) {
  AddressWaitOptions wait;
  wait.cni_state_dir = options.cni_state_dir;
  wait.proc = options.proc;
  return wait;
}

CloudProviderOptions cloud_options(const HostOptions& options) {
  CloudProviderOptions cloud;
  cloud.sys = options.sys;
  cloud.file = cloud_file(options);
  return cloud;
}

ConfigItemOptions config_item_options(const HostOptions& options) {
  ConfigItemOptions items;
  items.home = options.home;
  items.server_owns_program = options.server_owns_program;
  items.request_exit = options.request_exit;
  return items;
}

using KeyFunction = ResourceKey (*)(const Event&);

template <typename Handler>
Route route(std::string name, Admission admission, KeyFunction key, Handler& handler) {
  Route row;
  row.name = std::move(name);
  row.admission = admission;
  row.key = key;
  row.handle = [&handler](const Event& event, Context& context) { return handler.handle(event, context); };
  return row;
}

}  // namespace

/// Everything that lives as long as the process, in the order in which it is needed.
struct Handlers::Parts {
  Parts(HostOptions host_options, const docker::Client& docker_engine, const http::Client& server_client)
      : options(std::move(host_options)), engine(docker_engine), server(server_client) {}

  HostOptions options;
  const docker::Client& engine;
  const http::Client& server;

  AgentContainer agent{own_container_id("/proc/self/mountinfo")};
  EngineLane lane;
  VolumePlugins plugins{options.storage_socket_dir};
  VolumePreparation volumes{engine, plugins};
  ImagePulls pulls{engine, ImageBuilder(engine, options.build_dir)};
  ContainerRemoval removal{engine, agent, lane};
  InstanceReply reply{engine, lane, [this] { return options.address(); }, address_options(options)};

  InstanceActivate instance_activate{{engine, options, reply, volumes, pulls, lane}};
  InstanceDeactivate instance_deactivate{engine, agent, reply, lane, {}};
  InstanceRemove instance_remove{removal, reply};
  InstanceForceStop instance_force_stop{engine, agent, lane};
  InstanceInspect instance_inspect{engine};
  InstancePull instance_pull{engine, pulls};
  ImageActivate image_activate{engine, pulls};
  VolumeActivate volume_activate{engine, plugins};
  VolumeDeactivate volume_deactivate;
  VolumeRemove volume_remove{engine, plugins, removal};

  CloudProvider cloud_provider{cloud_options(options)};
  Ping ping{options, engine, lane.changes()};
  ConfigUpdate config_update{config_item_options(options), server};
  PortCheck port_check{engine, socket_table_directories(options)};
  DelegateRequest delegate_request{options, engine};
};

Handlers::Handlers(HostOptions options, const docker::Client& engine, const http::Client& server)
    : parts_(std::make_unique<Parts>(std::move(options), engine, server)) {}

Handlers::~Handlers() = default;

std::vector<Route> Handlers::routes() const {
  auto& p = *parts_;
  auto force_stop =
      route("compute.instance.force.stop", Admission::queued, container_key, p.instance_force_stop);
  force_stop.answered = false;
  return {
      route("compute.instance.activate", Admission::queued, instance_key, p.instance_activate),
      route("compute.instance.deactivate", Admission::queued, instance_key, p.instance_deactivate),
      route("compute.instance.remove", Admission::queued, instance_key, p.instance_remove),
      std::move(force_stop),
      route("compute.instance.inspect", Admission::immediate, no_key, p.instance_inspect),
      route("compute.instance.pull", Admission::joined, image_key, p.instance_pull),
      route("storage.image.activate", Admission::joined, image_key, p.image_activate),
      route("storage.volume.activate", Admission::queued, volume_key, p.volume_activate),
      route("storage.volume.deactivate", Admission::queued, volume_key, p.volume_deactivate),
      route("storage.volume.remove", Admission::queued, volume_key, p.volume_remove),
      route("ping", Admission::ping, no_key, p.ping),
      route("config.update", Admission::prompt, no_key, p.config_update),
      route("host.port.check", Admission::prompt, no_key, p.port_check),
      route("delegate.request", Admission::queued, resource_key, p.delegate_request),
  };
}

}  // namespace cattle::handlers
