// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/run.hpp"

#include "agent/commands/identity.hpp"
#include "agent/commands/register.hpp"
#include "agent/commands/surroundings.hpp"
#include "agent/exit_code.hpp"
#include "agent/memory.hpp"
#include "agent/options.hpp"
#include "agent/registration/agent_container.hpp"
#include "agent/registration/state_takeover.hpp"
#include "agent/run_command.hpp"
#include "agent/service_notice.hpp"
#include "agent/signals.hpp"
#include "docker-client/client.hpp"
#include "subscriber/address.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <string>
#include <utility>

namespace cattle::agent::commands {
namespace {

constexpr std::chrono::seconds kEngineLimit{2};

docker::Call bounded_call() {
  docker::Call call;
  call.deadline = std::chrono::steady_clock::now() + kEngineLimit;
  return call;
}

/// Two agents of one host would each carry out every event (R11). An engine that can't be asked runs no
/// container.
bool stands_beside_a_container(const config::Config& settings) {
  try {
    const docker::Client engine(engine_options(settings));
    const auto name = registration::running_agent_container(engine, bounded_call());
    if (name.empty()) return false;
    std::cerr << "cattle-agent run: container " << name
              << " runs on this host already; `cattle-agent register` takes over from it\n";
    return true;
  } catch (const docker::Error&) {
    return false;
  }
}

/// Waits for a signal, and tells systemd in between that we live. False when one came.
bool pauses(std::chrono::milliseconds time, const Signals& signals, ServiceNotice& notice) {
  constexpr std::chrono::milliseconds kBetweenNotices{10'000};
  while (time.count() > 0) {
    const auto part = std::min(time, kBetweenNotices);
    notice.alive();
    if (signals.wait(part)) return false;
    time -= part;
  }
  notice.alive();
  return true;
}

/// Once the cloud has said that this is a copy, nothing but an identity of its own will do: what keeps the
/// other's from being set aside, a full disk say, has to pass. nullopt until then.
std::optional<OwnIdentity> settled_identity(const config::Environment& environment,
                                            const std::string& state_dir, const std::string& cloud_id) {
  try {
    return own_identity(environment, state_dir, {}, cloud_id);
  } catch (const std::exception& error) {
    if (cloud_id.empty()) throw;
    std::cerr << "WARN: " << error.what() << "; waiting, not subscribed\n";
    return std::nullopt;
  }
}

/// Waits until this machine has an identity of its own: registers anew where the URL is known, else somebody
/// has to. The environment to go on with; nullopt when a signal came first.
std::optional<config::Environment> own_environment(const config::Environment& environment,
                                                   const std::string& state_dir, const std::string& cloud_id,
                                                   const Signals& signals) {
  constexpr std::chrono::seconds kBetweenTries{10};
  const auto settings = config::survey(environment).config;
  ServiceNotice notice(settings.notify_socket, settings.watchdog_microseconds);
  bool said = false;
  bool goes_on = true;
  const auto pause = [&](std::chrono::milliseconds time) {
    return goes_on = goes_on && pauses(time, signals, notice);
  };
  while (goes_on) {
    const auto own = settled_identity(environment, state_dir, cloud_id);
    if (own && !own->is_missing) return own->environment;
    notice.ready();
    if (own && !own->registration_url.empty()) {
      if (register_anew(own->registration_url, own->environment, pause) == 0) continue;
    } else if (own && !said) {
      std::cerr << "WARN: this machine is a copy of another and has no identity of its own: run the Add Host "
                   "line; waiting for it\n";
      said = true;
    }
    (void)pause(kBetweenTries);
  }
  return std::nullopt;
}

/// A key from the command line is this machine's own as one from the environment is.
config::Environment with_key(const config::Environment& environment, const std::string& key) {
  if (key.empty()) return environment;
  return [environment, key](const std::string& name) {
    const bool is_key = name == "CATTLE_ACCESS_KEY" || name == "PLATFORM_ACCESS_KEY";
    return is_key ? std::optional(key) : environment(name);
  };
}

/// The cloud's word comes when the agent is at work already. `copied_as` outlives the agent.
void watch_for_copies(const config::Environment& environment, const std::string& state_dir,
                      std::string& copied_as, AgentOptions& options) {
  if (!options.host.detect_cloud_provider) return;
  options.upkeep.cloud.sys = options.host.sys;
  options.upkeep.is_copied_instance = [environment, state_dir, &copied_as](const std::string& cloud_id) {
    const bool copied = is_copied_instance(environment, state_dir, cloud_id);
    if (copied) copied_as = cloud_id;
    return copied;
  };
}

/// `own`: the environment that `settings` were read from. The exit code; nullopt when this machine turned out
/// to be a copy, by the cloud's id `copied_as`, and has to start over as one.
std::optional<int> run_configured(const config::Config& settings, const config::Environment& own,
                                  const Signals& signals, std::string& copied_as,
                                  const std::function<void(AgentOptions&)>& adapt) {
  copied_as.clear();
  auto options = make_options(settings);
  if (const auto fault = subscriber::proxy_fault(options.subscription.connection); !fault.empty())
    throw config::ConfigError(fault);
  if (auto socket = docker::unix_socket_of(settings.docker_host); !socket.empty())
    options.upkeep.engine_socket = std::move(socket);
  options.request_exit = [] { Signals::request(); };
  watch_for_copies(own, settings.state_dir, copied_as, options);
  adapt(options);
  const int code = run_command(options, signals, CATTLE_AGENT_VERSION);
  if (!copied_as.empty() && code == exit_code::kReplaced) return std::nullopt;
  return code;
}

void adapt_to_package(const config::Config& settings, AgentOptions& options) {
  options.host.server_owns_program = true;
  options.upkeep.stamps = {settings.stamp_file, settings.home + "/.node-agent-stamp"};
}

/// Name under which this container was started, which beats what the image says of itself (P4).
std::string image_name(const docker::Client& engine, const std::string& fallback) {
  try {
    const auto container = engine.inspect_container(std::string(registration::kAgentName), bounded_call());
    if (container) return container->raw.at("Config").at("Image").get<std::string>();
  } catch (const docker::Error&) {
    return fallback;  // The engine may come later; the image's own word will do.
  }
  return fallback;
}

/// How one kind of start differs from the other.
struct RunManner {
  bool yields_to_container = false;  ///< Does not start beside an agent container; the container itself does.
  std::function<void(const config::Config&, AgentOptions&)> adapt;
};

/// With this machine's own identity; and once more, with a new one, when it turns out to be a copy.
int run_as_itself(const config::Environment& given, const config::Overrides& overrides,
                  const Signals& signals, const RunManner& manner) {
  for (std::string copied_as;;) {
    const auto own = own_environment(given, config::survey(given).config.state_dir, copied_as, signals);
    if (!own) return exit_code::kSuccess;
    const auto settings = config::load(*own, overrides);
    // A server's package is run by the agent container itself.
    if (manner.yields_to_container && settings.package.empty() && stands_beside_a_container(settings))
      return exit_code::kBeside;
    const auto code = run_configured(settings, *own, signals, copied_as,
                                     [&](AgentOptions& options) { manner.adapt(settings, options); });
    if (code) return *code;
  }
}

}  // namespace

int run(const config::Overrides& overrides, bool as_service) {
  // Before anything else: threads inherit the mask, and each malloc arena costs memory that idle threads
  // never use.
  const Signals signals;
  prefer_little_memory();
  const http::Library library;
  const auto given = with_key(config::process_environment(), overrides.access_key);
  const auto adapt = [as_service](const config::Config& settings, AgentOptions& options) {
    options.upkeep.prepare_host = as_service;
    options.upkeep.preparation.wait_program = "/usr/lib/cattle-agent/r";  // Where the .deb puts it.
    if (!settings.package.empty()) adapt_to_package(settings, options);
  };
  return run_as_itself(given, overrides, signals, {true, adapt});
}

int run_in_image(const config::Environment& environment) {
  const Signals signals;
  prefer_little_memory();
  // Devices of the host as they come and go; the container's own are a copy from its start.
  if (::mount("/host/dev", "/dev", nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    std::cerr << "WARN: /host/dev can't be bound over /dev; devices that appear later are not seen\n";
  }
  const http::Library library;
  const auto adapt = [](const config::Config& settings, AgentOptions& options) {
    options.upkeep.prepare_host = true;
    options.upkeep.watch_image = true;
    options.upkeep.preparation.wait_directory = "/.r";
    const docker::Client engine(options.engine);
    options.host.agent_image = image_name(engine, settings.agent_image);
    options.upkeep.image.own_image = options.host.agent_image;
  };
  return run_as_itself(with_image_defaults(environment), {}, signals, {false, adapt});
}

}  // namespace cattle::agent::commands
