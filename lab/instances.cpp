// SPDX-License-Identifier: Apache-2.0
#include "lab/instances.hpp"

#include "lab/port_spec.hpp"

#include <algorithm>

namespace cattle::lab {
namespace {

using nlohmann::json;

constexpr std::size_t kTokenLength = 80;

struct ImageName {
  std::string server = "index.docker.io";
  std::string full_name;
};

/// The server's own reading of an image: a first part with a dot, a colon or `localhost` is a registry.
ImageName parse_image(std::string image) {
  if (image.starts_with("docker:")) image = image.substr(std::string_view("docker:").size());
  if (image.empty()) throw OperationError(422, "MissingRequired", "image");
  ImageName out;
  const auto slash = image.find('/');
  const std::string first = slash == std::string::npos ? "" : image.substr(0, slash);
  if (first.find_first_of(".:") != std::string::npos || first == "localhost") {
    out.server = first;
    image = image.substr(slash + 1);
  }
  const auto last = image.substr(image.rfind('/') + 1);
  out.full_name = image + (last.find_first_of(":@") == std::string::npos ? ":latest" : "");
  return out;
}

json value_or(const json& spec, const char* key, const json& otherwise) {
  const auto it = spec.find(key);
  return it == spec.end() || it->is_null() ? otherwise : *it;
}

/// What a person may set, as it stands in `data.fields` of the captures.
json user_fields(const json& spec, const std::string& image) {
  json fields{{"imageUuid", image.starts_with("docker:") ? image : "docker:" + image},
              {"dataVolumeMounts", json::object()},
              {"dataVolumes", value_or(spec, "dataVolumes", json::array())},
              {"networkMode", value_or(spec, "networkMode", "bridge")},
              {"privileged", false},
              {"publishAllPorts", false},
              {"readOnly", false},
              {"runInit", false},
              {"startOnCreate", value_or(spec, "startOnCreate", true)},
              {"stdinOpen", false},
              {"tty", false}};
  for (const char* key : {"command", "environment", "labels", "ports", "entryPoint", "dataVolumesFrom"}) {
    if (const auto it = spec.find(key); it != spec.end() && !it->is_null()) fields[key] = *it;
  }
  if (const auto it = spec.find("fields"); it != spec.end() && it->is_object()) fields.update(*it);
  return fields;
}

const char* network_kind(const std::string& mode) {
  if (mode == "none") return "dockerNone";
  if (mode == "host") return "dockerHost";
  if (mode == "container") return "dockerContainer";
  return "dockerBridge";
}

std::string title(const std::string& kind) {
  return "Docker " + kind.substr(std::string_view("docker").size()) + " Network Mode";
}

}  // namespace

Row& map_of(Store& store, const Row& instance) {
  if (Row* map = store.first("instanceHostMap", "instanceId", instance.at("id"))) return *map;
  throw std::out_of_range("instance " + instance.at("id").dump() + " has no host");
}

Row* pool_of(Store& store, const Row& host) {
  return store.first("storagePool", "_hostId", host.at("id"));
}

Row* host_for(Store& store, std::int64_t project, const json& requested) {
  for (Row* host : store.where("host", "accountId", project)) {
    if (removed(*host) || host->at("state") != "active") continue;
    if (requested.is_null()) return host;
    if (requested == host->at("id") || requested == api_id("host", id_of(*host))) return host;
  }
  return nullptr;
}

Instances::Instances(Parts parts) : p_(parts) {
  for (const char* kind : {"dockerHost", "dockerNone", "dockerContainer", "dockerBridge"}) {
    p_.store.add("network", {{"kind", kind},
                             {"name", title(kind)},
                             {"state", "active"},
                             {"isPublic", false},
                             {"data", {{"fields", {{"macPrefix", p_.ids.mac("02").substr(0, 8)}}}}}});
  }
}

Row& Instances::image_row(std::int64_t project, const std::string& image) {
  const ImageName name = parse_image(image);
  json credential = nullptr;
  for (Row* registry : p_.store.where("storagePool", "kind", "registry")) {
    if (text(registry->at("data").at("fields"), "serverAddress") != name.server ||
        registry->at("accountId") != project)
      continue;
    if (const Row* row = p_.store.first("credential", "registryId", registry->at("id")))
      credential = row->at("id");
  }
  return p_.store.add("image",
                      {{"name", name.server + "/" + name.full_name},
                       {"format", "docker"},
                       {"instanceKind", "container"},
                       {"isPublic", false},
                       {"state", "active"},
                       {"registryCredentialId", credential},
                       {"data", {{"dockerImage", {{"fullName", name.full_name}, {"server", name.server}}}}}});
}

void Instances::add_nic(Row& instance, const std::string& mode) {
  const Row* network = p_.store.first("network", "kind", network_kind(mode));
  instance["data"]["fields"]["networkIds"] = json::array({network->at("id")});
  p_.store.add("nic", {{"accountId", instance.at("accountId")},
                       {"deviceNumber", 0},
                       {"instanceId", instance.at("id")},
                       {"networkId", network->at("id")},
                       {"state", "active"},
                       {"macAddress", p_.ids.mac(text(network->at("data").at("fields"), "macPrefix"))}});
}

void Instances::add_ports(Row& instance, const json& ports) {
  if (!ports.is_array()) throw OperationError(422, "InvalidFormat", "ports must be a list");
  for (const auto& entry : ports) {
    PortSpec port;
    try {
      port = parse_port_spec(entry.is_string() ? entry.get<std::string>() : entry.dump());
    } catch (const PortSpecError& error) {
      throw OperationError(422, "PortWrongFormat", error.what());
    }
    Row& row = p_.store.add("port", {{"kind", "userPort"},
                                     {"accountId", instance.at("accountId")},
                                     {"instanceId", instance.at("id")},
                                     {"privatePort", port.private_port},
                                     {"protocol", port.protocol},
                                     {"state", "active"}});
    if (port.public_port) row["publicPort"] = *port.public_port;
    if (!port.address.empty()) row["data"]["fields"]["bindAddress"] = port.address;
  }
}

void Instances::add_links(Row& instance, const json& links) {
  if (!links.is_object())
    throw OperationError(422, "InvalidFormat", "links must be an object of name to instance id");
  for (const auto& [name, target] : links.items()) {
    const auto id = target.is_string() ? plain_id(target.get<std::string>()) : std::nullopt;
    Row* row = id ? p_.store.find("instance", *id) : nullptr;
    if (row == nullptr) throw OperationError(422, "InvalidReference", "links/" + name);
    json ports = json::array();
    for (const Row* port : p_.store.where("port", "instanceId", row->at("id"))) {
      ports.push_back({{"privatePort", port->at("privatePort")}, {"protocol", port->at("protocol")}});
    }
    p_.store.add(
        "instanceLink",
        {{"linkName", name},
         {"instanceId", instance.at("id")},
         {"targetInstanceId", *id},
         {"state", "active"},
         {"data", {{"fields", {{"ports", ports}, {"instanceNames", json::array({row->at("name")})}}}}}});
  }
}

void Instances::add_root_volume(Row& instance, const Row* pool) {
  const Row& volume = p_.store.add("volume", {{"accountId", instance.at("accountId")},
                                              {"deviceNumber", 0},
                                              {"imageId", instance.at("imageId")},
                                              {"instanceId", instance.at("id")},
                                              {"allocationState", "active"},
                                              {"attachedState", "active"},
                                              {"state", "inactive"},
                                              {"data", {{"fields", {{"driver", nullptr}}}}}});
  if (pool == nullptr) return;
  p_.store.add("volumeStoragePoolMap",
               {{"volumeId", volume.at("id")}, {"storagePoolId", pool->at("id")}, {"state", "inactive"}});
  p_.store.add(
      "imageStoragePoolMap",
      {{"imageId", instance.at("imageId")}, {"storagePoolId", pool->at("id")}, {"state", "inactive"}});
}

/// `name:/path` in dataVolumes refers to a volume that the server knows by that name.
void Instances::name_volumes(Row& instance) {
  json& fields = instance["data"]["fields"];
  for (const auto& entry : fields.at("dataVolumes")) {
    if (!entry.is_string())
      throw OperationError(422, "InvalidFormat", "dataVolumes must be a list of strings");
    const std::string line = entry.get<std::string>();
    const auto colon = line.find(':');
    if (colon == std::string::npos || line.starts_with('/')) continue;
    for (const Row* volume : p_.store.where("volume", "name", line.substr(0, colon))) {
      if (removed(*volume) || volume->at("accountId") != instance.at("accountId")) continue;
      const std::string rest = line.substr(colon + 1);
      fields["dataVolumeMounts"][rest.substr(0, rest.find(':'))] = volume->at("id");
    }
  }
}

Row& Instances::create(std::int64_t project, const json& spec) {
  if (!spec.is_object()) throw OperationError(422, "InvalidFormat", "the specification must be an object");
  const std::string image = text(spec, "image").empty() ? text(spec, "imageUuid") : text(spec, "image");
  const Row& image_of_it = image_row(project, image);
  Row* host = host_for(p_.store, project, value_or(spec, "hostId", nullptr));
  Row& instance = p_.store.add("instance", {{"kind", "container"},
                                            {"accountId", project},
                                            {"name", value_or(spec, "name", nullptr)},
                                            {"hostname", value_or(spec, "hostname", nullptr)},
                                            {"allocationState", host == nullptr ? "inactive" : "active"},
                                            {"imageId", image_of_it.at("id")},
                                            {"registryCredentialId", nullptr},
                                            {"instanceTriggeredStop", "stop"},
                                            {"nativeContainer", false},
                                            {"startCount", 0},
                                            {"system", false},
                                            {"token", p_.ids.letters(kTokenLength)},
                                            {"version", "0"},
                                            {"state", "creating"}});
  instance["data"]["fields"] = user_fields(spec, image);
  if (host == nullptr) {
    instance["data"]["fields"]["transitioningMessage"] =
        "Allocation failed: No healthy hosts with sufficient resources available";
    p_.store.set_state(instance, "error");
    return instance;
  }
  instance["data"]["fields"]["hostId"] = host->at("id");
  instance["data"]["fields"]["requestedHostId"] = host->at("id");
  add_nic(instance, text(instance["data"]["fields"], "networkMode"));
  if (text(instance["data"]["fields"], "networkMode") == "container") {
    const auto target = plain_id(text(spec, "networkContainer"));
    if (!target || p_.store.find("instance", *target) == nullptr)
      throw OperationError(422, "InvalidReference", "networkContainer");
    instance["networkContainerId"] = *target;
  }
  add_ports(instance, value_or(spec, "ports", json::array()));
  add_links(instance, value_or(spec, "links", json::object()));
  add_root_volume(instance, pool_of(p_.store, *host));
  name_volumes(instance);
  p_.store.add("instanceHostMap",
               {{"instanceId", instance.at("id")}, {"hostId", host->at("id")}, {"state", "inactive"}});
  p_.store.changed(instance);
  return instance;
}

Row& Instances::adopt(const Row& host, const json& seen) {
  const auto project = host.at("accountId").get<std::int64_t>();
  json spec = seen;
  spec["hostId"] = host.at("id");
  Row& instance = create(project, spec);
  instance["nativeContainer"] = true;
  instance["externalId"] = seen.at("externalId");
  json& fields = instance["data"]["fields"];
  for (const char* key :
       {"privileged", "publishAllPorts", "readOnly", "runInit", "startOnCreate", "stdinOpen", "tty"})
    fields.erase(key);
  // The server knows the image of something that runs already.
  if (Row* map = p_.store.first("imageStoragePoolMap", "imageId", instance.at("imageId")))
    (*map)["state"] = "active";
  return instance;
}

}  // namespace cattle::lab
