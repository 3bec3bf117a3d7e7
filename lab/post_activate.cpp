// SPDX-License-Identifier: Apache-2.0
#include "lab/post_activate.hpp"

#include "lab/merge.hpp"
#include "lab/port_spec.hpp"

#include <algorithm>

namespace cattle::lab {
namespace {

using nlohmann::json;

struct Reported {
  std::vector<PortSpec> ports;
  json mounts = json::array();
  json inspect;
  std::string address;
};

const json* at(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::vector<PortSpec> read_ports(const json* ports) {
  std::vector<PortSpec> out;
  if (ports == nullptr) return out;
  if (!ports->is_array()) throw Rejected("dockerPorts is not a list");
  for (const auto& port : *ports) {
    if (!port.is_string()) throw Rejected("dockerPorts holds something that is no string");
    try {
      out.push_back(parse_port_spec(port.get<std::string>()));
    } catch (const PortSpecError& error) {
      throw Rejected(error.what());
    }
  }
  return out;
}

json read_mounts(const json* mounts, Flavour flavour, bool described) {
  if (mounts == nullptr) {
    if (flavour == Flavour::pasturestack && described)
      throw Rejected("NullPointerException: dockerMounts is absent");
    return json::array();
  }
  if (!mounts->is_array()) throw Rejected("dockerMounts is not a list");
  json out = json::array();
  for (const auto& mount : *mounts) {
    if (!mount.is_object()) throw Rejected("dockerMounts holds something that is no object");
    const json* writable = at(mount, "RW");
    if (writable == nullptr || !writable->is_boolean()) throw Rejected("a mount's RW is not a boolean");
    if (text(mount, "Name") == "rancher-cni") continue;
    if (text(mount, "Source").empty()) throw Rejected("a mount has no Source");
    out.push_back(mount);
  }
  return out;
}

/// The fork reads labels and environment through typed accessors.
void check_inspect(const json& inspect, Flavour flavour) {
  if (!inspect.is_object()) throw Rejected("dockerInspect is not an object");
  const json* config = at(inspect, "Config");
  if (flavour != Flavour::pasturestack || config == nullptr) return;
  if (const json* labels = at(*config, "Labels")) {
    const bool right = labels->is_object() &&
                       std::all_of(labels->begin(), labels->end(),
                                   [](const json& value) { return value.is_string() || value.is_null(); });
    if (!right) throw Rejected("dockerInspect.Config.Labels holds something that is no string");
  }
  if (const json* environment = at(*config, "Env")) {
    const bool right =
        environment->is_array() && std::all_of(environment->begin(), environment->end(),
                                               [](const json& value) { return value.is_string(); });
    if (!right) throw Rejected("dockerInspect.Config.Env holds something that is no string");
  }
}

Reported read(const json& update, Flavour flavour) {
  Reported out;
  const json* data = at(update, "+data");
  const json* fields = data == nullptr ? nullptr : at(*data, "+fields");
  const json* inspect = data == nullptr ? nullptr : at(*data, "dockerInspect");
  out.ports = read_ports(fields == nullptr ? nullptr : at(*fields, "dockerPorts"));
  out.mounts =
      read_mounts(data == nullptr ? nullptr : at(*data, "dockerMounts"), flavour, inspect != nullptr);
  if (inspect != nullptr) {
    check_inspect(*inspect, flavour);
    out.inspect = *inspect;
  }
  if (fields != nullptr) out.address = text(*fields, "dockerIp");
  out.address = out.address.substr(0, out.address.find('/'));
  return out;
}

void take_ports(Store& store, Row& instance, const std::vector<PortSpec>& ports) {
  json published = json::array();
  const auto rows = store.where("port", "instanceId", instance.at("id"));
  for (const PortSpec& port : ports) {
    const auto known = std::find_if(rows.begin(), rows.end(), [&](const Row* row) {
      return row->at("privatePort") == port.private_port && !removed(*row);
    });
    Row& row = known != rows.end() ? **known
                                   : store.add("port", {{"kind", "imagePort"},
                                                        {"accountId", instance.at("accountId")},
                                                        {"instanceId", instance.at("id")},
                                                        {"privatePort", port.private_port},
                                                        {"protocol", port.protocol}});
    if (port.public_port) {
      row["publicPort"] = *port.public_port;
      published.push_back(to_string(port));
    }
    row["state"] = "active";
  }
  instance["data"]["fields"]["ports"] = std::move(published);
}

void take_address(Store& store, Flavour flavour, Row& instance, const std::string& address) {
  if (address.empty()) return;
  if (flavour == Flavour::pasturestack) instance["data"]["fields"]["primaryIpAddress"] = address;
  Row* nic = store.first("nic", "instanceId", instance.at("id"));
  if (nic == nullptr) return;
  Row* known = store.first("ipAddress", "_nicId", nic->at("id"));
  if (known == nullptr) {
    known = &store.add("ipAddress", {{"kind", "docker"},
                                     {"accountId", instance.at("accountId")},
                                     {"role", "primary"},
                                     {"state", "active"},
                                     {"_nicId", nic->at("id")}});
  }
  (*known)["address"] = address;
}

std::string uri_of(const json& mount) {
  const std::string driver = text(mount, "Driver");
  if (driver.empty()) return "file://" + text(mount, "Source");
  return driver + ":///" + text(mount, "Name");
}

void take_mounts(Store& store, Row& instance, const Row& host, const json& mounts) {
  const Row* pool = store.first("storagePool", "_hostId", host.at("id"));
  if (!mounts.empty() && pool == nullptr) throw Rejected("the host has no storage pool");
  json by_path = json::object();
  for (const auto& mount : mounts) {
    const std::string uri = uri_of(mount);
    const bool host_path = text(mount, "Driver").empty();
    const std::string name = host_path ? text(mount, "Source") : text(mount, "Name");
    Row* volume = nullptr;
    for (Row* candidate : store.where("volume", "name", name)) {
      if (!removed(*candidate)) volume = candidate;
    }
    if (volume == nullptr) {
      volume = &store.add("volume", {{"name", name},
                                     {"accountId", instance.at("accountId")},
                                     {"uri", uri},
                                     {"externalId", name},
                                     {"format", "docker"},
                                     {"deviceNumber", -1},
                                     {"allocationState", "active"},
                                     {"state", "active"}});
      (*volume)["data"]["fields"] = {{"driver", host_path ? json(nullptr) : json(text(mount, "Driver"))},
                                     {"isHostPath", host_path},
                                     {"isNative", instance.at("nativeContainer") == true}};
      store.add("volumeStoragePoolMap",
                {{"volumeId", volume->at("id")}, {"storagePoolId", pool->at("id")}, {"state", "active"}});
      store.changed(*volume);
    }
    if (!host_path) by_path[text(mount, "Destination")] = volume->at("id");
  }
  instance["data"]["fields"]["dataVolumeMounts"] = std::move(by_path);
}

void take_inspect(Row& instance, const json& inspect) {
  json& fields = instance["data"]["fields"];
  const json* config = at(inspect, "Config");
  if (config == nullptr) return;
  if (const json* labels = at(*config, "Labels")) {
    json& known = fields["labels"];
    if (!known.is_object()) known = json::object();
    known.update(*labels);
  }
  if (instance.at("nativeContainer") != true) return;
  // A container that the server did not make is described by what was found.
  if (const json* command = at(*config, "Cmd")) fields["command"] = *command;
  if (const json* tty = at(*config, "Tty")) fields["tty"] = *tty;
}

}  // namespace

void take_activation(Store& store, Flavour flavour, Row& instance, const Row& host, const json& update) {
  const Reported reported = read(update, flavour);
  if (!reported.mounts.empty() && store.first("storagePool", "_hostId", host.at("id")) == nullptr) {
    throw Rejected("the host has no storage pool");
  }
  merge_reply(instance, update);
  take_ports(store, instance, reported.ports);
  take_address(store, flavour, instance, reported.address);
  take_mounts(store, instance, host, reported.mounts);
  if (reported.inspect.is_object()) take_inspect(instance, reported.inspect);
}

}  // namespace cattle::lab
