// SPDX-License-Identifier: Apache-2.0
#include "agent/event_command.hpp"
#include "agent/exit_code.hpp"
#include "agent/explain.hpp"
#include "agent/run_command.hpp"
#include "agent/signals.hpp"
#include "config/config.hpp"
#include "docker-client/http/client.hpp"

#include <CLI/CLI.hpp>
#include <malloc.h>

#include <exception>
#include <iostream>
#include <string>

namespace {

namespace config = cattle::config;
using namespace cattle::agent;

struct Arguments {
  config::Overrides overrides;
  std::string event_file;
  bool dry_run = false;
  std::string subject;
  std::string log_file;
};

int run(const Arguments& arguments) {
  // Before anything else: threads inherit the mask, and each malloc arena costs memory that idle threads
  // never use.
  const Signals signals;
  ::mallopt(M_ARENA_MAX, 2);
  const auto settings = config::load(config::process_environment(), arguments.overrides);
  const cattle::http::Library library;
  return run_command(make_options(settings), signals, CATTLE_AGENT_VERSION);
}

int event(Arguments arguments) {
  arguments.overrides.offline = true;
  const auto settings = config::load(config::process_environment(), arguments.overrides);
  const cattle::http::Library library;
  return event_command(arguments.event_file, arguments.dry_run, make_options(settings), std::cout, std::cerr);
}

int story(const Arguments& arguments) {
  if (explain(arguments.subject, arguments.log_file, std::cout)) return exit_code::kSuccess;
  std::cerr << arguments.log_file << " knows no event and no container " << arguments.subject << "\n";
  return exit_code::kNotFound;
}

int parse_and_run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Host agent of Rancher 1.x and PastureStack: carries out the server's events on the Docker engine."};
  app.footer(kExitCodesHelp);
  app.require_subcommand(1);

  auto* run_app =
      app.add_subcommand("run",
                         "Subscribe to the server and work until SIGTERM; the secret key comes from "
                         "CATTLE_SECRET_KEY only");
  run_app->add_option("--url", arguments.overrides.url, "API of the server, instead of CATTLE_URL");
  run_app->add_option("--access-key", arguments.overrides.access_key, "Instead of CATTLE_ACCESS_KEY");
  run_app->add_option("--agent-id", arguments.overrides.agent_id, "Instead of CATTLE_AGENT_ID");

  auto* event_app = app.add_subcommand("event", "Carry out one event from a file and print the reply");
  event_app->add_option("file", arguments.event_file, "Event, or a capture with an \"event\" in it")
      ->required();
  event_app->add_flag("--dry-run", arguments.dry_run,
                      "Print the engine calls that would change something, make none");

  auto* explain_app = app.add_subcommand("explain", "Tell an event's story from agent.log");
  explain_app->add_option("subject", arguments.subject, "Event id, or a container's id")->required();
  explain_app->add_option("--log", arguments.log_file, "agent.log to read")
      ->envname("CATTLE_AGENT_LOG_FILE")
      ->default_val("/var/log/rancher/agent.log");

  auto* version_app = app.add_subcommand("version", "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_code::kSuccess : exit_code::kUsage;
  }
  if (run_app->parsed()) return run(arguments);
  if (event_app->parsed()) return event(arguments);
  if (explain_app->parsed()) return story(arguments);
  if (version_app->parsed()) std::cout << CATTLE_AGENT_VERSION << "\n";
  return exit_code::kSuccess;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const config::ConfigError& error) {
    std::cerr << "cattle-agent: " << error.what() << "\n";
    return exit_code::kConfiguration;
  } catch (const std::exception& error) {
    std::cerr << "cattle-agent: " << error.what() << "\n";
    return exit_code::kUnexpected;
  }
}
