// SPDX-License-Identifier: Apache-2.0
#include "tests/component/agent/running_agent.hpp"

#include <fstream>
#include <iterator>
#include <thread>

namespace cattle::agent {

using namespace std::chrono_literals;
using nlohmann::json;

bool soon(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

json make_event(const std::string& name, const std::string& id, json data) {
  return {{"id", id},
          {"name", name},
          {"replyTo", "reply.77"},
          {"resourceId", "1x" + id},
          {"resourceType", "thing"},
          {"time", 1'795'356'823'236},
          {"timeoutMillis", 45'000},
          {"data", std::move(data)}};
}

json ping_event(const std::string& id, json options) {
  auto event = make_event("ping", id, {{"options", std::move(options)}});
  event["resourceType"] = "agent";
  event["resourceId"] = "1a5";
  event["timeoutMillis"] = 15'000;
  return event;
}

json image_event(const std::string& id, const std::string& image) {
  const json row = {{"id", 4}, {"name", image}, {"data", {{"dockerImage", {{"fullName", image}}}}}};
  auto event =
      make_event("storage.image.activate", id,
                 {{"imageStoragePoolMap", {{"id", 12}, {"image", row}, {"storagePool", json::object()}}}});
  event["resourceType"] = "imageStoragePoolMap";
  return event;
}

namespace {

json instance_event(const std::string& name, const std::string& id, json instance) {
  auto event = make_event(
      name, id,
      {{"instanceHostMap", {{"id", 3}, {"host", json::object()}, {"instance", std::move(instance)}}}});
  event["resourceType"] = "instanceHostMap";
  event["context"] = {{"prettyProcess", "instance.start->instancehostmap.activate"},
                      {"processId", "1594"},
                      {"prettyResource", "instance:106->instanceHostMap:106"}};
  return event;
}

}  // namespace

json activate_event(const std::string& id, const std::string& uuid, const std::string& image) {
  return instance_event("compute.instance.activate", id,
                        {{"id", 7},
                         {"uuid", uuid},
                         {"name", "r" + uuid},
                         {"kind", "container"},
                         {"image", {{"name", image}, {"data", {{"dockerImage", {{"fullName", image}}}}}}},
                         {"data", {{"fields", {{"imageUuid", "docker:" + image}}}}}});
}

json deactivate_event(const std::string& id, const std::string& uuid) {
  return instance_event("compute.instance.deactivate", id,
                        {{"id", 7}, {"uuid", uuid}, {"name", "r" + uuid}, {"kind", "container"}});
}

json inspect_event(const std::string& id, const std::string& container) {
  auto event = make_event("compute.instance.inspect", id,
                          {{"instanceInspect", {{"id", container}, {"kind", "docker"}}}});
  event["resourceType"] = "instanceInspect";
  event["resourceId"] = nullptr;
  return event;
}

AgentTest::AgentTest() {
  std::string pattern = (std::filesystem::temp_directory_path() / "agtXXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  config::Config settings;
  settings.url = server_.url();
  settings.config_url = server_.url();
  settings.access_key = "key";
  settings.secret_key = "secret";
  settings.docker_host = engine_.docker_host();
  settings.home = settings.state_dir = directory_.string();
  settings.build_dir = (directory_ / "builds").string();
  settings.host_key_file = (directory_ / "host.key").string();
  settings.docker_uuid = "host-uuid";
  settings.physical_host_uuid = "physical-uuid";
  settings.hostname = "host.example";
  settings.host_ip = "127.0.0.1";
  settings.detect_cloud_provider = false;
  settings.host_proc_root = "/proc";
  settings.host_sys_root = "/sys";
  settings.host_etc_root = "/etc";
  settings.log_file = (directory_ / "agent.log").string();
  options_ = make_options(settings);
  options_.log.to_stdout = false;
  options_.subscription.first_wait = 20ms;
  options_.subscription.most_wait = 100ms;
  options_.subscription.refused_wait = 100ms;
  options_.subscription.ping_interval = 200ms;
  options_.publisher.first_wait = 20ms;
  options_.publisher.most_wait = 100ms;
}

AgentTest::~AgentTest() {
  agent_.reset();
  std::filesystem::remove_all(directory_);
}

void AgentTest::start() {
  agent_ = std::make_unique<Agent>(options_);
  agent_->start();
  ASSERT_TRUE(server_.wait_subscribed(1));
}

void AgentTest::hang(const std::string& path) {
  support::Fault fault;
  fault.kind = support::Fault::Kind::hang;
  fault.path_contains = path;
  fault.times = -1;
  engine_.inject(fault);
}

std::string AgentTest::log() const {
  if (agent_) agent_->log().flush();
  std::ifstream in(options_.log.file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool AgentTest::logged(const std::string& text) const {
  return soon([&] { return log().find(text) != std::string::npos; });
}

std::size_t AgentTest::times_logged(const std::string& text) const {
  const auto whole = log();
  std::size_t count = 0;
  for (auto at = whole.find(text); at != std::string::npos; at = whole.find(text, at + 1)) ++count;
  return count;
}

std::vector<json> AgentTest::final_replies(const std::string& id) const {
  auto replies = server_.replies_to(id);
  std::erase_if(replies, [](const json& reply) { return reply.value("transitioning", "no") == "yes"; });
  return replies;
}

std::vector<std::string> AgentTest::progress_texts(const std::string& id) const {
  std::vector<std::string> texts;
  for (const auto& reply : server_.replies_to(id)) {
    if (reply.value("transitioning", "no") == "yes") texts.push_back(reply.value("transitioningMessage", ""));
  }
  return texts;
}

}  // namespace cattle::agent
