// SPDX-License-Identifier: Apache-2.0
#include "tests/support/paper_agent.hpp"

#include "cattle/subscriber/event.hpp"

#include <algorithm>
#include <utility>

namespace cattle::tests {
namespace {

using nlohmann::json;
using subscriber::Event;

constexpr const char* kHostUuid = "11111111-2222-4333-8444-555555555555";

subscriber::Connection connection(const lab::Server& server, const lab::AgentKey& key) {
  subscriber::Connection out;
  out.url = server.url() + "/v1";
  out.access_key = key.key.access_key;
  out.secret_key = subscriber::Secret(key.key.secret_key);
  return out;
}

subscriber::SubscriptionOptions subscription_options(const lab::Server& server, const lab::AgentKey& key) {
  subscriber::SubscriptionOptions out;
  out.connection = connection(server, key);
  out.event_names = {"compute.instance.activate",
                     "compute.instance.deactivate",
                     "compute.instance.force.stop",
                     "compute.instance.inspect",
                     "compute.instance.pull",
                     "compute.instance.remove",
                     "storage.image.activate",
                     "storage.volume.activate",
                     "storage.volume.remove",
                     "ping",
                     "config.update",
                     "host.port.check"};
  out.first_wait = std::chrono::milliseconds(20);
  out.most_wait = std::chrono::milliseconds(100);
  return out;
}

subscriber::PublisherOptions publisher_options(const lab::Server& server, const lab::AgentKey& key) {
  subscriber::PublisherOptions out;
  out.connection = connection(server, key);
  return out;
}

/// 64 hex digits that follow from the container's uuid.
std::string docker_id(const std::string& uuid) {
  std::string out;
  while (out.size() < 64) {
    for (const char c : uuid) {
      if (c != '-' && out.size() < 64) out += c;
    }
  }
  return out;
}

}  // namespace

PaperAgent::PaperAgent(const lab::Server& server, const lab::AgentKey& key)
    : publisher_(publisher_options(server, key)),
      resources_(host_resources()),
      subscription_(subscription_options(server, key),
                    {[this](const std::string& frame) { take(frame); }, [] {},
                     [this](const subscriber::Outage& outage) {
                       {
                         const std::lock_guard lock(mutex_);
                         outages_.push_back(outage);
                       }
                       changed_.notify_all();
                     }}) {}

PaperAgent::~PaperAgent() {
  stop();
}

void PaperAgent::start() {
  worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  subscription_.start();
}

void PaperAgent::stop() {
  if (!worker_.joinable()) return;
  subscription_.stop();
  worker_.request_stop();
  changed_.notify_all();
  worker_.join();
}

void PaperAgent::on(const std::string& name, Answer answer) {
  const std::lock_guard lock(mutex_);
  answers_[name] = std::move(answer);
}

void PaperAgent::publish(const std::string& body) const {
  static_cast<void>(publisher_.publish_once(body));
}

void PaperAgent::take(const std::string& frame) {
  Event event = subscriber::decode_event(frame, std::chrono::steady_clock::now());
  if (event.name == "ping" && !event.wants_reply()) ++keepalives_;
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    waiting_.push_back(std::move(event));
  }
  changed_.notify_all();
}

void PaperAgent::work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop.stop_requested() || !waiting_.empty(); });
    if (stop.stop_requested()) return;
    const Event event = std::move(waiting_.front());
    waiting_.pop_front();
    const auto known = answers_.find(event.name);
    const Answer answer = known == answers_.end() ? Answer() : known->second;
    lock.unlock();
    for (const std::string& body : answer ? answer(event) : usual(event)) publish(body);
  }
}

std::vector<std::string> PaperAgent::usual(const Event& event) const {
  if (!event.wants_reply()) return {};
  if (event.name == "ping") return {pong(event)};
  if (event.name == "compute.instance.activate" || event.name == "compute.instance.deactivate") {
    return {subscriber::encode_reply(event, description(event, json::array(), json::array()))};
  }
  if (event.name == "storage.volume.activate") {
    return {
        subscriber::encode_reply(event, {{"volumeStoragePoolMap", {{"volume", {{"format", "docker"}}}}}})};
  }
  if (event.name == "compute.instance.inspect") {
    const std::string id = event.data.at("instanceInspect").at("id");
    return {subscriber::encode_reply(
        event, {{"instanceInspect",
                 {{"Id", id}, {"Name", "/by-hand"}, {"HostConfig", {{"NetworkMode", "none"}}}}}})};
  }
  if (event.name == "host.port.check") {
    return {subscriber::encode_reply(
        event, {{"supported", true}, {"hostSocketProbeSupported", true}, {"conflicts", json::array()}})};
  }
  return {subscriber::encode_reply(event, json::object())};
}

std::string PaperAgent::pong(const Event& event) const {
  const json& asked = event.data.at("options");
  json resources = json::array();
  json options = json::object();
  const std::lock_guard lock(mutex_);
  if (asked.value("resources", false)) {
    for (const auto& entry : resources_) resources.push_back(entry);
  }
  if (asked.value("instances", false)) {
    resources.push_back({{"type", "hostUuid"}, {"uuid", kHostUuid}});
    for (const auto& entry : instances_) resources.push_back(entry);
    options["instances"] = true;
  }
  return subscriber::encode_reply(event, {{"resources", resources}, {"options", options}});
}

json PaperAgent::host_resources() {
  return json::array({{{"type", "host"},
                       {"kind", "docker"},
                       {"uuid", kHostUuid},
                       {"hostname", "paper"},
                       {"physicalHostUuid", "p-1"},
                       {"labels", {{"a", "1"}}},
                       {"createLabels", {{"b", "2"}}}},
                      {{"type", "storagePool"},
                       {"kind", "docker"},
                       {"uuid", std::string(kHostUuid) + "-pool"},
                       {"hostUuid", kHostUuid},
                       {"name", "paper Storage Pool"}},
                      {{"type", "ipAddress"}, {"uuid", "192.0.2.7"}, {"hostUuid", kHostUuid}}});
}

json PaperAgent::description(const Event& event, const json& ports, const json& mounts) {
  const json& instance = event.data.at("instanceHostMap").at("instance");
  const json& known = instance.at("externalId");
  const std::string id =
      known.is_string() ? known.get<std::string>() : docker_id(instance.at("uuid").get<std::string>());
  const json inspect{
      {"Id", id},
      {"Config", {{"Labels", {{"io.rancher.container.uuid", instance.at("uuid")}}}, {"Env", json::array()}}}};
  return {{"instanceHostMap",
           {{"instance",
             {{"externalId", id},
              {"+data",
               {{"dockerInspect", inspect},
                {"dockerContainer", {{"Id", id}}},
                {"dockerMounts", mounts},
                {"+fields",
                 {{"dockerIp", "172.17.0.5"}, {"dockerHostIp", "192.0.2.7"}, {"dockerPorts", ports}}}}}}}}}};
}

void PaperAgent::set_instances(json instances) {
  const std::lock_guard lock(mutex_);
  instances_ = std::move(instances);
}

void PaperAgent::set_resources(json resources) {
  const std::lock_guard lock(mutex_);
  resources_ = std::move(resources);
}

std::vector<Event> PaperAgent::events(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> out;
  std::copy_if(events_.begin(), events_.end(), std::back_inserter(out),
               [&](const Event& event) { return name.empty() || event.name == name; });
  return out;
}

std::vector<std::string> PaperAgent::names() const {
  std::vector<std::string> out;
  for (const Event& event : events()) {
    if (event.name != "ping" && event.name != "config.update") out.push_back(event.name);
  }
  return out;
}

bool PaperAgent::wait_for(const std::string& name, std::size_t count,
                          std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline, [&] {
    return static_cast<std::size_t>(std::count_if(events_.begin(), events_.end(), [&](const Event& event) {
             return event.name == name;
           })) >= count;
  });
}

std::vector<subscriber::Outage> PaperAgent::outages() const {
  const std::lock_guard lock(mutex_);
  return outages_;
}

bool PaperAgent::wait_for_outage(std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline, [&] { return !outages_.empty(); });
}

bool PaperAgent::subscribed() const {
  return subscription_.health().subscribed;
}

}  // namespace cattle::tests
