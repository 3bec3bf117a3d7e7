// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/identity.hpp"

#include "agent/registration/failure.hpp"
#include "agent/registration/machine.hpp"
#include "config/option_file.hpp"
#include "config/settings.hpp"
#include "config/state_file.hpp"

#include <exception>
#include <iostream>
#include <set>

namespace cattle::agent::commands {
namespace {

using registration::MachineFacts;
using registration::Sameness;

std::string refused_key_file(const std::string& state_dir) {
  return state_dir + "/clone-of/access_key";
}

std::string access_key(const config::Environment& environment, const std::string& state_dir) {
  if (const auto key = config::Settings(environment, {}).either("ACCESS_KEY")) return *key;
  std::vector<std::string> warnings;
  const auto stored = config::read_option_files({config::credentials_file(state_dir)}, warnings);
  const auto found = stored.find("CATTLE_ACCESS_KEY");
  return found == stored.end() ? std::string() : found->second;
}

void set_aside(const config::Environment& environment, const std::string& state_dir,
               const registration::MachineFacts& now) {
  // First of all: whenever this is cut short, the key is refused at the next start. One that is no longer to
  // be had was noted when that happened.
  if (const auto key = access_key(environment, state_dir);
      !key.empty() || !config::read_state_file(refused_key_file(state_dir))) {
    constexpr mode_t kSecret = 0600;
    config::write_state_file(refused_key_file(state_dir), key + "\n", kSecret);
  }
  const auto aside = registration::set_identity_aside(state_dir);
  registration::record_facts(state_dir, now);
  std::cerr << "WARN: this machine is a copy of another; its identity was set aside in " << aside << '\n';
}

/// What the copied container brought with it in its environment names the other machine.
config::Environment without_copied_identity(const config::Environment& environment) {
  return [environment](const std::string& name) -> std::optional<std::string> {
    static const std::set<std::string> kCopied{"CATTLE_ACCESS_KEY",         "PLATFORM_ACCESS_KEY",
                                               "CATTLE_SECRET_KEY",         "PLATFORM_SECRET_KEY",
                                               "CATTLE_DOCKER_UUID",        "PLATFORM_DOCKER_UUID",
                                               "CATTLE_PHYSICAL_HOST_UUID", "PLATFORM_PHYSICAL_HOST_UUID"};
    return kCopied.contains(name) ? std::nullopt : environment(name);
  };
}

/// What is known now over what was: a fact that can't be read today is not forgotten, and harmless changes (a
/// new main board, a new installation) don't add up to a clone.
MachineFacts merged(const MachineFacts& recorded, const MachineFacts& now) {
  const auto newer = [](const std::string& fresh, const std::string& old) {
    return fresh.empty() ? old : fresh;
  };
  return {newer(now.machine_id, recorded.machine_id), newer(now.product_uuid, recorded.product_uuid),
          newer(now.cloud_id, recorded.cloud_id), now.virtual_machine};
}

/// A disk that is full or can't be written to is no reason to leave the host without its agent. What is not
/// recorded now is compared with the older facts next time.
void record(const std::string& state_dir, const MachineFacts& facts) {
  try {
    registration::record_facts(state_dir, facts);
  } catch (const registration::Failure& failure) {
    std::cerr << "WARN: what would tell this machine from a copy is not recorded: " << failure.what() << '\n';
  }
}

/// True when it is a clone, whose identity is set aside then.
bool judge(const config::Environment& environment, const std::string& state_dir, const MachineFacts& now) {
  const auto recorded = registration::recorded_facts(state_dir);
  const auto verdict = registration::compare_machine(recorded, now);
  if (verdict == Sameness::clone) {
    set_aside(environment, state_dir, now);
    return true;
  }
  const auto facts = recorded ? merged(*recorded, now) : now;
  if (recorded != facts) record(state_dir, facts);
  return false;
}

}  // namespace

OwnIdentity own_identity(const config::Environment& environment, const std::string& state_dir,
                         const registration::MachineRoots& roots, const std::string& cloud_id) {
  auto now = registration::read_machine_facts(roots);
  now.cloud_id = cloud_id;
  (void)judge(environment, state_dir, now);
  const auto refused = config::read_state_file(refused_key_file(state_dir));
  if (!refused) return {environment, false, {}};
  OwnIdentity own{environment, false, {}};
  if (access_key(environment, state_dir) == *refused) own.environment = without_copied_identity(environment);
  own.is_missing = access_key(own.environment, state_dir).empty();
  if (own.is_missing)
    own.registration_url = config::read_state_file(state_dir + "/registration_url").value_or("");
  return own;
}

bool was_judged(const std::string& state_dir) {
  return registration::recorded_facts(state_dir).has_value() ||
         config::read_state_file(refused_key_file(state_dir)).has_value();
}

bool is_copied_instance(const config::Environment& environment, const std::string& state_dir,
                        const std::string& cloud_id, const registration::MachineRoots& roots) {
  auto now = registration::read_machine_facts(roots);
  now.cloud_id = cloud_id;
  bool is_copy = false;
  try {
    is_copy = registration::compare_machine(registration::recorded_facts(state_dir), now) == Sameness::clone;
    (void)judge(environment, state_dir, now);
  } catch (const std::exception& error) {
    std::cerr << "WARN: " << error.what() << '\n';
  }
  return is_copy;
}

}  // namespace cattle::agent::commands
