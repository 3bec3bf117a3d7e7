// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/agent_container.hpp"

#include "agent/registration/failure.hpp"

#include <nlohmann/json.hpp>

#include <thread>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr int kOomScore = -500;  // The kernel shall take nearly everything else before the host's agent.
constexpr std::string_view kForkStateVolume = "pasturestack-node-agent-state";

json environment_of(const AgentContainer& agent) {
  auto list = json::array({"CATTLE_AGENT_PIDNS=host", "RANCHER_AGENT_IMAGE=" + agent.image});
  auto variables = agent.environment;
  const auto exempt = variables.find("NO_PROXY");
  if (exempt != variables.end() && !exempt->second.empty()) variables["no_proxy"] = exempt->second;
  for (const auto& [name, value] : variables) list.push_back(std::string(name).append("=").append(value));
  return list;
}

json binds_of(const AgentContainer& agent) {
  const auto state = agent.state_volume;
  const auto var_lib = agent.var_lib_writable ? std::string("/var/lib/rancher") : state;
  return json::array({"/var/run/docker.sock:/var/run/docker.sock",
                      "/var/run/rancher/storage:/var/run/rancher/storage", "/lib/modules:/lib/modules:ro",
                      "/proc:/host/proc", "/dev:/host/dev", "rancher-cni:/.r", state + ":/var/lib/cattle",
                      var_lib + ":/var/lib/rancher", "/var/log/rancher:/var/log/rancher"});
}

}  // namespace

const std::vector<std::string>& forwarded_variables() {
  static const std::vector<std::string> names{"http_proxy",
                                              "HTTP_PROXY",
                                              "https_proxy",
                                              "HTTPS_PROXY",
                                              "NO_PROXY",
                                              "no_proxy",
                                              "CATTLE_SCHEDULER_IPS",
                                              "CATTLE_SCHEDULER_REQUIRE_ANY",
                                              "CATTLE_PHYSICAL_HOST_UUID",
                                              "CATTLE_DOCKER_UUID",
                                              "CATTLE_SCRIPT_DEBUG",
                                              "CATTLE_ACCESS_KEY",
                                              "CATTLE_SECRET_KEY",
                                              "CATTLE_AGENT_IP",
                                              "CATTLE_HOST_API_PROXY",
                                              "CATTLE_URL",
                                              "CATTLE_HOST_LABELS",
                                              "CATTLE_VOLMGR_ENABLED",
                                              "CATTLE_RUN_FIO",
                                              "CATTLE_MEMORY_OVERRIDE",
                                              "CATTLE_MILLI_CPU_OVERRIDE",
                                              "CATTLE_LOCAL_STORAGE_MB_OVERRIDE",
                                              "CATTLE_DETECT_CLOUD_PROVIDER",
                                              "CATTLE_CHECK_NAMESERVER",
                                              "RANCHER_DEBUG"};
  return names;
}

json agent_container_body(const AgentContainer& agent) {
  json host{{"Binds", binds_of(agent)}, {"NetworkMode", "host"},
            {"PidMode", "host"},        {"Privileged", true},
            {"OomScoreAdj", kOomScore}, {"RestartPolicy", {{"Name", "always"}, {"MaximumRetryCount", 0}}}};
  if (agent.host_cgroup_namespace) host["CgroupnsMode"] = "host";
  return {{"Image", agent.image},
          {"Cmd", json::array({"run"})},
          {"Env", environment_of(agent)},
          {"Labels", {{"io.rancher.container.system", "rancher-agent"}}},
          {"HostConfig", std::move(host)}};
}

std::string choose_state_volume(const docker::Client& engine, const docker::Call& call) {
  const std::string fork(kForkStateVolume);
  return engine.inspect_volume(fork, call) ? fork : "rancher-agent-state";
}

std::optional<docker::Container> find_by_name(const docker::Client& engine, std::string_view name,
                                              const docker::Call& call) {
  auto found = engine.inspect_container(std::string(name), call);
  if (found && found->name != "/" + std::string(name)) found.reset();
  return found;
}

void remove_by_name(const docker::Client& engine, std::string_view name, const docker::Call& call) {
  constexpr int kTries = 100;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const auto found = find_by_name(engine, name, call);
    if (!found) return;
    const auto outcome = engine.remove_container(found->id, {.force = true, .volumes = false}, call);
    if (outcome != docker::ContainerRemoveOutcome::in_progress) continue;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw Failure(Outcome::engine, "the engine does not get rid of container " + std::string(name));
}

std::string launch_agent(const docker::Client& engine, const AgentContainer& agent,
                         const docker::Call& call) {
  for (const auto name : {kAgentName, kForkAgentName}) remove_by_name(engine, name, call);
  const auto created = engine.create_container(std::string(kAgentName), agent_container_body(agent), call);
  (void)engine.start_container(created.id, call);
  return created.id;
}

}  // namespace cattle::agent::registration
