// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/register.hpp"

#include "agent/commands/identity.hpp"
#include "agent/commands/surroundings.hpp"
#include "agent/commands/tls_explanation.hpp"
#include "agent/registration/address.hpp"
#include "agent/registration/agent_container.hpp"
#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/key.hpp"
#include "agent/registration/machine.hpp"
#include "agent/registration/option_file_entry.hpp"
#include "agent/registration/registrar.hpp"
#include "agent/registration/state_takeover.hpp"
#include "config/option_file.hpp"
#include "config/state_file.hpp"
#include "docker-client/client.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace cattle::agent::commands {
namespace {

using namespace cattle::agent::registration;

std::string quoted_assignment(const std::string& name, const std::string& value) {
  return name + "='" + value + "'\n";
}

void store(const std::string& state_dir, const std::string& url, const Credentials& credentials) {
  for (const auto& value : {credentials.url, credentials.access_key, credentials.secret_key.reveal()}) {
    if (value.find_first_of("'\n") != std::string::npos) {
      throw Failure(Outcome::registration_failed, "the server's address or key holds a quote or line break");
    }
  }
  constexpr mode_t kSecret = 0600;
  config::write_state_file(config::credentials_file(state_dir),
                           quoted_assignment("CATTLE_URL", credentials.url) +
                               quoted_assignment("CATTLE_ACCESS_KEY", credentials.access_key) +
                               quoted_assignment("CATTLE_SECRET_KEY", credentials.secret_key.reveal()),
                           kSecret);
  config::write_state_file(state_dir + "/registration_url", url + "\n", kSecret);
}

void keep_settings(const Surroundings& surroundings) {
  for (const auto& name : kept_options()) {
    const auto value = surroundings.environment(name);
    if (value && !value->empty()) set_option(surroundings.option_file, name, *value);
  }
}

/// A line that `run` will pass over is told now; and what could not be kept, before the server is asked.
void check_option_file(const Surroundings& surroundings) {
  std::vector<std::string> warnings;
  (void)config::read_option_files({surroundings.option_file}, warnings);
  for (const auto& warning : warnings) surroundings.say("WARN: " + warning);
  const auto& names = kept_options();
  const bool keeps = std::any_of(names.begin(), names.end(), [&](const auto& name) {
    return !surroundings.environment(name).value_or("").empty();
  });
  if (keeps) (void)config::read_state_file(surroundings.option_file);
}

using Pause = std::function<bool(std::chrono::milliseconds)>;

/// How one registration goes about it.
struct Manner {
  bool takes_over = true;  ///< From an agent container: its state, and its place.
  Pause pause = {};        ///< Instead of the usual sleep.
};

ServerOptions server_options_for(const Manner& manner, const Surroundings& surroundings) {
  auto options = server_options(surroundings);
  constexpr std::chrono::seconds kBetweenPauses{5};
  if (manner.pause) options.connect_timeout = options.request_timeout = kBetweenPauses;
  return options;
}

/// On the host itself, where its interfaces are seen.
void check_address(const std::string& text) {
  const auto wish = parse_address_wish(text);
  const auto objection = objection_to(wish, interface_addresses());
  if (!objection.empty())
    throw Failure(Outcome::bad_address, "Invalid CATTLE_AGENT_IP (" + text + "): " + objection);
}

void register_here(const std::string& url, const config::Environment& environment, const Manner& manner) {
  auto here = plain_surroundings(environment);
  if (manner.pause) here.surroundings.waiting.pause = manner.pause;
  check_address(here.surroundings.environment("CATTLE_AGENT_IP").value_or(""));
  const auto options = server_options_for(manner, here.surroundings);
  for (const auto& warning : options.warnings) here.surroundings.say("WARN: " + warning);
  check_option_file(here.surroundings);
  if (manner.takes_over)
    take_over_state(*here.engine, here.surroundings.state_dir, here.surroundings.say, here.surroundings.call);
  if (was_judged(here.surroundings.state_dir)) {
    here.surroundings.environment =
        own_identity(here.surroundings.environment, here.surroundings.state_dir).environment;
  }
  Request request;
  request.url = url;
  request.url_override = here.surroundings.environment("CATTLE_URL_OVERRIDE").value_or("");
  request.access_key = here.surroundings.environment("CATTLE_ACCESS_KEY").value_or("");
  request.secret_key = subscriber::Secret(here.surroundings.environment("CATTLE_SECRET_KEY").value_or(""));
  request.key = [&] { return registration_key(here.surroundings.state_dir); };
  request.obtain_ca = [&] { return obtain_ca(url, here.surroundings); };
  request.say = here.surroundings.say;
  const auto credentials = register_host(Server(options), request, here.surroundings.waiting);
  store(here.surroundings.state_dir, url, credentials);
  record_facts(here.surroundings.state_dir, read_machine_facts({}));
  keep_settings(here.surroundings);
  if (manner.takes_over) remove_agent_containers(*here.engine, here.surroundings.say, here.surroundings.call);
  here.surroundings.say("registered with " + credentials.url +
                        "; the agent is started by `cattle-agent run`, or systemctl restart cattle-agent");
}

int guarded(const std::string& url, const config::Environment& environment, const Manner& manner) {
  try {
    register_here(url, environment, manner);
    return static_cast<int>(Outcome::done);
  } catch (const Failure& failure) {
    const auto options = server_options(plain_surroundings(environment).surroundings);
    std::cerr << "cattle-agent register: " << explanation(failure, url, options) << '\n';
    return static_cast<int>(failure.outcome());
  } catch (const config::StateFileError& error) {
    std::cerr << "cattle-agent register: " << error.what() << '\n';
    return static_cast<int>(Outcome::state);
  } catch (const std::exception& error) {
    std::cerr << "cattle-agent register: " << error.what() << '\n';
    return static_cast<int>(Outcome::registration_failed);
  }
}

}  // namespace

int register_service(const std::string& url, const config::Environment& environment) {
  return guarded(url, environment, {});
}

int register_anew(const std::string& url, const config::Environment& environment,
                  const std::function<bool(std::chrono::milliseconds)>& pause) {
  return guarded(url, environment, {false, pause});
}

}  // namespace cattle::agent::commands
