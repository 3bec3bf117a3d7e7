// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_activate.hpp"

#include "handlers/compute/failure_text.hpp"
#include "handlers/compute/search_domains.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/iops.hpp"
#include "handlers/model/process_data.hpp"

#include <utility>

namespace cattle::handlers {
namespace {

constexpr std::chrono::seconds kDiscardTime{10};

ImageSource source_of(const Instance& instance, const ContainerSpec& spec) {
  ImageSource source;
  source.name = spec.image;
  if (instance.image.credential) source.auth = registry_auth(*instance.image.credential);
  source.build = instance.image.build;
  return source;
}

std::string described(const ContainerSpec& spec) {
  return "Container " + spec.name + " (" + named_settings(spec.body) + ")";
}

}  // namespace

std::optional<nlohmann::json> InstanceActivate::handle(const Event& event, Context& context) const {
  const bool no_op = decode_process_data(event.data).no_op;
  const auto reference = decode_instance_host_map_reference(event.data);
  auto match =
      find_container(parts_.engine, reference, no_op ? NameRule::counts : NameRule::ignored, context.call);
  if (match) name_in_log(*match, context);
  if (no_op && !match) return parts_.reply.absent(event, reference);
  if (match && (no_op || match->running)) {
    const auto rule = no_op ? AddressRule::awaited_quietly : AddressRule::awaited;
    return parts_.reply.present(event, reference, std::move(*match), rule, context);
  }
  const auto id = match ? start_existing(decode_instance_start(event.data), *match, context)
                        : create_and_start(decode_instance_host_map(event.data), context);
  return parts_.reply.fresh(event, reference, id, AddressRule::awaited, context);
}

std::string InstanceActivate::start_existing(const InstanceStart& instance, const ContainerMatch& match,
                                             Context& context) const {
  // Attaching is repeated at each start, as upstream does: a volume may have been on another host meanwhile.
  if (!instance.data_volume_mounts.empty()) {
    (void)parts_.volumes.prepare(instance.data_volume_mounts, context);
  }
  const auto name = own_name(match.names);
  const auto image = instance.image_name.empty() ? "" : " (image " + instance.image_name + ")";
  start({match.id, false}, "Container " + (name.empty() ? match.id : name) + image, context);
  return match.id;
}

std::string InstanceActivate::create_and_start(const InstanceHostMap& map, Context& context) const {
  auto facts = gather(map, context);
  if (!map.instance.data_volume_mounts.empty()) {
    (void)make_container_spec(map.instance, facts);  // A bad field is found before a volume is touched.
    facts.flex_mounts = parts_.volumes.prepare(map.instance.data_volume_mounts, context);
  }
  const auto spec = make_container_spec(map.instance, facts);
  report(spec, context);
  if (spec.pull_always) parts_.pulls.fetch(source_of(map.instance, spec), context);
  const auto container = create(map.instance, spec, context);
  name_in_log(container.id, "/" + spec.name, context);
  start(container, described(spec), context);
  return container.id;
}

SpecFacts InstanceActivate::gather(const InstanceHostMap& map, Context& context) const {
  const auto& options = parts_.options;
  const auto& instance = map.instance;
  const auto needs = spec_needs(instance);
  const auto version = parts_.engine.known_version(context.call);
  SpecFacts facts;
  facts.engine_api_version = version.api_version;
  facts.used_api_version = version.used_api_version;
  if (needs.docker_root_dir) facts.docker_root_dir = parts_.engine.info(context.call).root_dir;
  if (needs.host_search_domains) facts.host_search_domains = read_search_domains(options.resolv_conf);
  if (needs.default_disk) facts.default_disk = default_disk(options.iops_dir);
  facts.proxy_environment = options.proxy_environment;
  facts.config_url = options.config_url;
  facts.api_proxy_port = options.api_proxy_listen_port;
  facts.host_id = map.host_id;
  if (instance.network_container) {
    const auto other =
        find_container(parts_.engine, *instance.network_container, NameRule::counts, context.call);
    if (other) facts.network_container_id = other->id;
  }
  for (const auto& reference : instance.volumes_from) {
    const auto other = find_container(parts_.engine, reference, NameRule::counts, context.call);
    if (other) facts.volumes_from_ids.push_back(other->id);
  }
  return facts;
}

InstanceActivate::Made InstanceActivate::create(const Instance& instance, const ContainerSpec& spec,
                                                Context& context) const {
  bool fetched = false;
  // A create that is only rehearsed succeeds, whatever the engine lacks.
  if (context.call.rehearse && !parts_.engine.inspect_image(spec.image, context.call)) {
    parts_.pulls.fetch(source_of(instance, spec), context);
    fetched = true;
  }
  while (true) {
    try {
      return {create_once(spec, context), true};
    } catch (const docker::Error& error) {
      if (error.kind() == docker::ErrorKind::conflict) return adopt(instance.reference, spec, error, context);
      // The image may be gone again right after its pull: only one more try (2.15).
      if (error.kind() != docker::ErrorKind::image_missing || fetched) {
        throw OperationError(described(spec) + " could not be created: " + engine_text(error));
      }
    }
    parts_.pulls.fetch(source_of(instance, spec), context);
    fetched = true;
  }
}

/// The body is made anew for each attempt: wrapping may need the image that the first one lacked (B7).
std::string InstanceActivate::create_once(const ContainerSpec& spec, Context& context) const {
  const auto turn = parts_.lane.take(context);
  const auto created = [&](const nlohmann::json& body) {
    auto container = parts_.engine.create_container(spec.name, body, context.call);
    for (const auto& warning : container.warnings)
      context.log.warn("The engine warns of " + spec.name + ": " + warning);
    return std::move(container.id);
  };
  if (!spec.wants_cni_wait) return created(spec.body);
  std::optional<docker::Image> image;
  if (cni_wrap_needs_image(spec.body)) {
    image = parts_.engine.inspect_image(spec.image, context.call);
    if (!image) {
      throw docker::Error(docker::ErrorKind::image_missing, 404, "inspect of image " + spec.image,
                          "No such image: " + spec.image);
    }
  }
  return created(wrap_cni_entrypoint(spec.body, image));
}

/// The name is taken: by this instance's own container, if an earlier attempt made it just now; any other one
/// is left alone and named (H22, R41).
InstanceActivate::Made InstanceActivate::adopt(const InstanceReference& instance, const ContainerSpec& spec,
                                               const docker::Error& conflict, const Context& context) const {
  const auto other = parts_.engine.inspect_container(spec.name, context.call);
  if (other && !instance.uuid.empty() && label_of(other->labels, kUuidLabel) == instance.uuid) {
    return {other->id, false};
  }
  throw OperationError(described(spec) + " could not be created: " + engine_text(conflict));
}

void InstanceActivate::start(const Made& container, const std::string& description, Context& context) const {
  try {
    const auto turn = parts_.lane.take(context);
    (void)parts_.engine.start_container(container.id, context.call);
  } catch (const docker::Error& error) {
    // Without an answer it may run by now: the server's next attempt finds it, and it must not vanish
    // meanwhile.
    if (container.by_us && error.status() != 0) discard(container.id, context);
    throw OperationError(description + " could not be started: " + engine_text(error));
  }
}

void InstanceActivate::discard(const std::string& id, Context& context) const {
  auto call = context.call;
  call.deadline = std::chrono::steady_clock::now() + kDiscardTime;
  try {
    (void)parts_.engine.remove_container(id, {.force = true, .volumes = true}, call);
  } catch (const docker::Error& error) {
    // The start's failure is what the server must hear of, not this one (B28).
    context.log.warn(std::string("The container that did not start could not be removed: ") + error.what());
  }
}

void InstanceActivate::report(const ContainerSpec& spec, Context& context) const {
  for (const auto& warning : spec.warnings) context.log.warn(warning);
  const std::lock_guard lock(mutex_);
  for (const auto& field : spec.unknown_fields) {
    if (reported_fields_.insert(field).second) context.log.warn("Unknown setting of an instance: " + field);
  }
}

}  // namespace cattle::handlers
