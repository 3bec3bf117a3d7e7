// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/doctor.hpp"
#include "agent/commands/entry_point.hpp"
#include "agent/commands/register.hpp"
#include "agent/commands/run.hpp"
#include "agent/commands/uninstall.hpp"
#include "agent/event_command.hpp"
#include "agent/exit_code.hpp"
#include "agent/explain.hpp"
#include "config/config.hpp"
#include "docker-client/http/client.hpp"

#include <CLI/CLI.hpp>
#ifdef CATTLE_STATIC_LIBC
#include <nss.h>
#include <openssl/crypto.h>
#endif

#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace config = cattle::config;
using namespace cattle::agent;

struct Arguments {
  bool as_service = false;
  std::string url;
  bool as_json = false;
  commands::UninstallOptions uninstall;
  std::vector<std::string> words;
  config::Overrides overrides;
  std::string event_file;
  bool dry_run = false;
  std::string subject;
  std::string log_file;
};

int event(Arguments arguments) {
  arguments.overrides.offline = true;
  const auto settings = config::load(config::process_environment(), arguments.overrides);
  const cattle::http::Library library;
  return event_command(arguments.event_file, arguments.dry_run, make_options(settings), std::cout, std::cerr);
}

int story(const Arguments& arguments) {
  if (explain(arguments.subject, arguments.log_file, std::cout)) return exit_code::kSuccess;
  std::cerr
      << arguments.log_file << " and the older files beside it know no event and no container \""
      << arguments.subject
      << "\": give an event's id, a container's id or name, or an instance's uuid; of ids, eight "
         "characters do.\nPings are written only with CATTLE_DEBUG=true, and what other hosts did is in "
         "their logs.\n";
  return exit_code::kNotFound;
}

/// What a subcommand does when it was the one on the command line.
using Action = std::function<int()>;

void add_run(CLI::App& app, Arguments& arguments, Action& action) {
  auto* run_app =
      app.add_subcommand("run",
                         "Subscribe to the server and work until SIGTERM; the secret key comes from "
                         "CATTLE_SECRET_KEY only");
  run_app->add_flag("--service", arguments.as_service,
                    "As a service of this host: prepare mounts, modules and the wait program");
  run_app->add_option("--url", arguments.overrides.url, "API of the server, instead of CATTLE_URL");
  run_app->add_option("--access-key", arguments.overrides.access_key, "Instead of CATTLE_ACCESS_KEY");
  run_app->add_option("--agent-id", arguments.overrides.agent_id, "Instead of CATTLE_AGENT_ID");

  run_app->callback(
      [&] { action = [&] { return commands::run(arguments.overrides, arguments.as_service); }; });
}

void add_host_commands(CLI::App& app, Arguments& arguments, Action& action) {
  auto* register_app =
      app.add_subcommand("register", "Register this host, for `run --service`; may be repeated");
  register_app->footer(commands::kRegisterCodesHelp);
  register_app->add_option("url", arguments.url, "The URL of the server's Add Host page")->required();
  register_app->callback([&] {
    action = [&] { return commands::register_service(arguments.url, config::process_environment()); };
  });

  auto* doctor_app = app.add_subcommand("doctor", "Look for what keeps this host from its server or engine");
  doctor_app->footer(commands::doctor_codes_help());
  doctor_app->add_flag("--json", arguments.as_json, "One JSON document instead of lines");
  doctor_app->callback([&] {
    action = [&] { return commands::run_doctor(arguments.as_json, config::process_environment()); };
  });

  auto* uninstall_app = app.add_subcommand("uninstall", "Remove what the agent made on this host");
  uninstall_app->add_flag("--dry-run", arguments.uninstall.dry_run, "Only say what would go");
  uninstall_app->add_flag("--containers", arguments.uninstall.containers, "Also the server's containers");
  uninstall_app->add_flag("--state", arguments.uninstall.state,
                          "Also identity, keys, downloads, log and the state volume");
  uninstall_app->callback([&] {
    action = [&] { return commands::uninstall(arguments.uninstall, config::process_environment()); };
  });
}

void add_debugging(CLI::App& app, Arguments& arguments, Action& action) {
  auto* event_app = app.add_subcommand("event", "Carry out one event from a file and print the reply");
  event_app->add_option("file", arguments.event_file, "Event, or a capture with an \"event\" in it")
      ->required();
  event_app->add_flag("--dry-run", arguments.dry_run,
                      "Print the engine calls that would change something, make none");
  event_app->callback([&] { action = [&] { return event(arguments); }; });

  auto* explain_app = app.add_subcommand("explain", "Tell an event's story from agent.log");
  explain_app->add_option("subject", arguments.subject, "Event id, or a container's id, name or uuid")
      ->required();
  explain_app->add_option("--log", arguments.log_file, "agent.log to read")
      ->envname("CATTLE_AGENT_LOG_FILE")
      ->default_val("/var/log/rancher/agent.log");
  explain_app->callback([&] { action = [&] { return story(arguments); }; });

  auto* version_app = app.add_subcommand("version", "Print the version");
  version_app->callback([&] {
    action = [] {
      std::cout << CATTLE_AGENT_VERSION << "\n";
      return exit_code::kSuccess;
    };
  });
}

/// Started by the program itself; people see them only by --help-all.
void add_inner_commands(CLI::App& app, Arguments& arguments, Action& action) {
  auto* share_app =
      app.add_subcommand("share-mounts", "PID DIRECTORY...: in that process's mount namespace")->group("");
  share_app->add_option("words", arguments.words)->required();
  share_app->callback([&] { action = [&] { return commands::share_mounts(arguments.words); }; });
  auto* unshare_app =
      app.add_subcommand("unshare-mounts", "PID DIRECTORY...: in that process's mount namespace")->group("");
  unshare_app->add_option("words", arguments.words)->required();
  unshare_app->callback([&] { action = [&] { return commands::unshare_mounts(arguments.words); }; });
  auto* modules_app =
      app.add_subcommand("load-modules", "PID MODULE...: by that namespace's modprobe")->group("");
  modules_app->add_option("words", arguments.words)->required();
  modules_app->callback([&] { action = [&] { return commands::load_modules(arguments.words); }; });
}

int parse_and_run(int argc, char** argv) {
  // Of the image. Its words are an operator's: nothing among them is an option of ours, `--` least of all.
  if (argc > 1 && std::string_view(argv[1]) == "entry-point") {
    return commands::entry_point({argv + 2, argv + argc}, config::process_environment());
  }
  Arguments arguments;
  Action action;
  CLI::App app{
      "Host agent of Rancher 1.x and PastureStack: carries out the server's events on the Docker engine."};
  app.footer(kExitCodesHelp);
  app.require_subcommand(1);
  add_run(app, arguments, action);
  add_host_commands(app, arguments, action);
  add_debugging(app, arguments, action);
  add_inner_commands(app, arguments, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_code::kSuccess : exit_code::kUsage;
  }
  return action();
}

#ifdef CATTLE_STATIC_LIBC
/// A static program must not load what the host's nsswitch.conf and openssl.cnf name: those modules belong to
/// other libraries than the ones that are linked here.
void stay_within_the_program() {
  ::__nss_configure_lookup("hosts", "files dns");
  for (const char* database : {"services", "networks", "protocols", "passwd", "group"}) {
    ::__nss_configure_lookup(database, "files");
  }
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
}
#endif

}  // namespace

int main(int argc, char** argv) {
#ifdef CATTLE_STATIC_LIBC
  stay_within_the_program();
#endif
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
