// SPDX-License-Identifier: Apache-2.0
#include "agent/registration/upgrade.hpp"

#include "agent/registration/failure.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
constexpr std::chrono::milliseconds kLook{500};
constexpr int kHelperTries = 3;

/// Repository with its registry, so that "rancher/agent" and "docker.io/rancher/agent" are one.
std::string repository_of(const std::string& image) {
  auto repository = docker::parse_image_reference(image).repository;
  for (const std::string_view registry : {"docker.io/", "index.docker.io/"}) {
    if (repository.starts_with(registry)) repository.erase(0, registry.size());
  }
  return repository;
}

bool has_answered(const docker::Client& engine, const std::string& id, const docker::Call& call) {
  bool found = false;
  std::string tail;  // As much as may hold the beginning of the line: a log may be long.
  const auto look = [&](int, std::string_view text) {
    tail.append(text);
    found = found || tail.find(kAnsweredLine) != std::string::npos;
    if (tail.size() > kAnsweredLine.size()) tail.erase(0, tail.size() - kAnsweredLine.size());
  };
  engine.container_logs(id, false, look, call);
  return found;
}

void set_restart_policy(const docker::Client& engine, const std::string& id, const std::string& policy,
                        const docker::Call& call, int tries = 0) {
  engine.update_container(id, json{{"RestartPolicy", {{"Name", policy}, {"MaximumRetryCount", tries}}}},
                          call);
}

bool passes_probation(const ReplacementSite& site, const std::string& id, std::chrono::seconds probation) {
  const auto end = site.waiting.now() + probation;
  while (site.waiting.now() < end) {
    if (has_answered(site.engine, id, site.call)) return true;
    if (!site.waiting.pause(kLook)) return false;
  }
  return has_answered(site.engine, id, site.call);
}

void bring_back(const ReplacementSite& site, const Replacement& replacement) {
  remove_by_name(site.engine, kAgentName, site.call);
  site.engine.rename_container(replacement.old_id, replacement.old_name, site.call);
  set_restart_policy(site.engine, replacement.old_id, replacement.old_policy, site.call);
  (void)site.engine.start_container(replacement.old_id, site.call);
}

/// Runs `launch`, which returns the new container's id, and judges that one.
template <typename Launch>
bool on_probation(const ReplacementSite& site, const Replacement& replacement, Launch launch) {
  try {
    const std::string id = launch();
    if (passes_probation(site, id, replacement.probation)) {
      site.say("INFO: Launched Rancher Agent: " + id);
      return true;
    }
    site.say("the new agent did not answer the server within " +
             std::to_string(replacement.probation.count()) + " s; the old one is started again");
  } catch (const std::exception& error) {
    site.say(std::string("the new agent could not be started; the old one is started again: ") +
             error.what());
  }
  bring_back(site, replacement);
  return false;
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

bool replace_with_probation(const ReplacementSite& site, const Replacement& replacement) {
  remove_by_name(site.engine, kPreviousName, site.call);
  // The policy first: an engine that restarts in the middle must not bring the old one up beside the new one.
  set_restart_policy(site.engine, replacement.old_id, "no", site.call);
  (void)site.engine.stop_container(replacement.old_id, replacement.stop_time, site.call);
  site.engine.rename_container(replacement.old_id, std::string(kPreviousName), site.call);
  return on_probation(site, replacement,
                      [&] { return launch_agent(site.engine, replacement.agent, site.call); });
}

bool resume_replacement(const ReplacementSite& site, const Replacement& replacement,
                        const std::string& new_id) {
  return on_probation(site, replacement, [&] {
    if (new_id.empty()) return launch_agent(site.engine, replacement.agent, site.call);
    (void)site.engine.start_container(new_id, site.call);  // It may have been made, and no more.
    return new_id;
  });
}

void outlast_the_engine(const docker::Client& engine, const std::string& helper, const docker::Call& call) {
  try {
    set_restart_policy(engine, helper, "on-failure", call, kHelperTries);
  } catch (const docker::Error&) {
    // One that was started with --rm can't have a policy; it goes on without.
    return;
  }
}

void keep_across_restarts(const docker::Client& engine, std::string_view agent, const docker::Call& call) {
  const auto found = find_by_name(engine, agent, call);
  if (found && found->raw.at("HostConfig").at("RestartPolicy").at("Name") == "no")
    set_restart_policy(engine, found->id, "always", call);
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
  const json body{{"Image", image},
                  {"Cmd", json::array({"upgrade"})},
                  {"HostConfig",
                   {{"Privileged", true},
                    {"Binds", json::array({"/var/run/docker.sock:/var/run/docker.sock"})},
                    {"RestartPolicy", {{"Name", "on-failure"}, {"MaximumRetryCount", kHelperTries}}}}}};
  const auto helper = engine.create_container(std::string(kUpgradeName), body, call);
  (void)engine.start_container(helper.id, call);
}

}  // namespace cattle::agent::registration
