// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/identity.hpp"

#include "agent/commands/register.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/machine.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"

#include <iostream>
#include <set>

namespace cattle::agent::commands {
namespace {

using registration::Failure;
using registration::Outcome;

std::string refused_key_file(const std::string& state_dir) {
  return state_dir + "/clone-of/access_key";
}

std::string access_key(const config::Environment& environment, const std::string& state_dir) {
  if (const auto key = environment("CATTLE_ACCESS_KEY"); key && !key->empty()) return *key;
  std::vector<std::string> warnings;
  const auto stored = config::read_option_files({config::credentials_file(state_dir)}, warnings);
  const auto found = stored.find("CATTLE_ACCESS_KEY");
  return found == stored.end() ? std::string() : found->second;
}

void set_aside(const config::Environment& environment, const std::string& state_dir,
               const registration::MachineFacts& now) {
  const auto key = access_key(environment, state_dir);
  const auto aside = registration::set_identity_aside(state_dir);
  constexpr mode_t kSecret = 0600;
  config::write_state_file(refused_key_file(state_dir), key + "\n", kSecret);
  registration::record_facts(state_dir, now);
  std::cerr << "WARN: this machine is a copy of another; its identity was set aside in " << aside << '\n';
}

/// What the copied container brought with it in its environment names the other machine.
config::Environment without_copied_identity(const config::Environment& environment) {
  return [environment](const std::string& name) -> std::optional<std::string> {
    static const std::set<std::string> kCopied{"CATTLE_ACCESS_KEY", "CATTLE_SECRET_KEY", "CATTLE_DOCKER_UUID",
                                               "CATTLE_PHYSICAL_HOST_UUID"};
    return kCopied.contains(name) ? std::nullopt : environment(name);
  };
}

void register_anew(const config::Environment& environment, const std::string& state_dir) {
  const auto url = config::read_state_file(state_dir + "/registration_url");
  if (!url || url->empty()) {
    throw Failure(Outcome::state,
                  "this machine is a copy of another and has no identity of its own: run the Add Host line");
  }
  if (register_service(*url, environment) != 0) {
    throw Failure(Outcome::registration_failed,
                  "this machine is a copy of another and could not be registered anew");
  }
}

}  // namespace

config::Environment own_identity(const config::Environment& environment, const std::string& state_dir) {
  const auto now = registration::read_machine_facts({});
  const auto verdict = registration::compare_machine(registration::recorded_facts(state_dir), now);
  if (verdict == registration::Sameness::adopt) registration::record_facts(state_dir, now);
  if (verdict == registration::Sameness::clone) set_aside(environment, state_dir, now);
  const auto refused = config::read_state_file(refused_key_file(state_dir));
  if (!refused || access_key(environment, state_dir) != *refused) return environment;
  auto own = without_copied_identity(environment);
  if (access_key(own, state_dir).empty()) register_anew(own, state_dir);
  return own;
}

}  // namespace cattle::agent::commands
