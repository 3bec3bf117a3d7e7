// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/upgrade.hpp"

#include "agent/registration/failure.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr std::chrono::milliseconds kLook{500};

/// Repository with its registry, so that "rancher/agent" and "docker.io/rancher/agent" are one.
std::string repository_of(const std::string& image) {
  auto repository = docker::parse_image_reference(image).repository;
  for (const std::string_view registry : {"docker.io/", "index.docker.io/"}) {
    if (repository.starts_with(registry)) repository.erase(0, registry.size());
  }
  return repository;
}

bool has_answered(const docker::Client& engine, const std::string& id, const docker::Call& call) {
  std::string output;
  engine.container_logs(
      id, false, [&](int, std::string_view text) { output.append(text); }, call);
  return output.find(kAnsweredLine) != std::string::npos;
}

void set_restart_policy(const docker::Client& engine, const std::string& id, const char* policy,
                        const docker::Call& call) {
  engine.update_container(id, json{{"RestartPolicy", {{"Name", policy}, {"MaximumRetryCount", 0}}}}, call);
}

bool passes_probation(const docker::Client& engine, const std::string& id, std::chrono::seconds probation,
                      const Waiting& waiting, const docker::Call& call) {
  const auto end = waiting.now() + probation;
  while (waiting.now() < end) {
    if (has_answered(engine, id, call)) return true;
    if (!waiting.pause(kLook)) return false;
  }
  return has_answered(engine, id, call);
}

void bring_back(const docker::Client& engine, const Replacement& replacement, const docker::Call& call) {
  remove_by_name(engine, kAgentName, call);
  engine.rename_container(replacement.old_id, std::string(kAgentName), call);
  set_restart_policy(engine, replacement.old_id, "always", call);
  (void)engine.start_container(replacement.old_id, call);
}

}  // namespace

UpgradeDecision decide_upgrade(const std::string& required_image, const std::string& own_image,
                               const std::string& permitted) {
  if (required_image.empty() || required_image == own_image) return UpgradeDecision::none;
  const auto wanted = repository_of(required_image);
  if (wanted == repository_of(own_image)) return UpgradeDecision::upgrade;
  std::istringstream list(permitted);
  for (std::string entry; std::getline(list, entry, ',');) {
    entry.erase(0, entry.find_first_not_of(' '));
    entry.erase(entry.find_last_not_of(' ') + 1);
    if (entry == "any" || (!entry.empty() && repository_of(entry) == wanted)) return UpgradeDecision::upgrade;
  }
  return UpgradeDecision::refused;
}

bool is_stock_image(const std::string& image) {
  return repository_of(image) == "rancher/agent";
}

bool replace_with_probation(const docker::Client& engine, const Replacement& replacement,
                            const Waiting& waiting, const std::function<void(const std::string&)>& say,
                            const docker::Call& call) {
  remove_by_name(engine, kPreviousName, call);
  // The policy first: an engine that restarts in the middle must not bring the old one up beside the new one.
  set_restart_policy(engine, replacement.old_id, "no", call);
  (void)engine.stop_container(replacement.old_id, replacement.stop_time, call);
  engine.rename_container(replacement.old_id, std::string(kPreviousName), call);
  try {
    const auto id = launch_agent(engine, replacement.agent, call);
    if (passes_probation(engine, id, replacement.probation, waiting, call)) {
      say("INFO: Launched Rancher Agent: " + id);
      return true;
    }
    say("the new agent did not answer the server within " + std::to_string(replacement.probation.count()) +
        " s; the old one is started again");
  } catch (const std::exception& error) {
    say(std::string("the new agent could not be started; the old one is started again: ") + error.what());
  }
  bring_back(engine, replacement, call);
  return false;
}

void start_upgrade_helper(const docker::Client& engine, const std::string& image, const docker::Call& call) {
  remove_by_name(engine, kUpgradeName, call);
  remove_by_name(engine, kForkUpgradeName, call);
  try {
    engine.pull_image(docker::parse_image_reference(image), std::nullopt, {}, call);
  } catch (const docker::Error&) {
    // An image that an operator loaded by hand is in no registry.
    if (!engine.inspect_image(image, call)) throw;
  }
  const json body{
      {"Image", image},
      {"Cmd", json::array({"upgrade"})},
      {"HostConfig",
       {{"Privileged", true}, {"Binds", json::array({"/var/run/docker.sock:/var/run/docker.sock"})}}}};
  const auto helper = engine.create_container(std::string(kUpgradeName), body, call);
  (void)engine.start_container(helper.id, call);
}

}  // namespace cattle::agent::registration
