// SPDX-License-Identifier: Apache-2.0
// cattle-lab: the stand-in cattle server as a program of its own.
#include "lab/demo.hpp"
#include "lab/server.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>

namespace {

struct ServeFlags {
  cattle::lab::Options options;
  std::string flavour = "cattle";
  double faster = 1;
  bool security = false;
};

int wait_for_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  int signal = 0;
  sigwait(&set, &signal);
  return 0;
}

void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // Before any thread exists, so that all of them inherit it.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int serve(ServeFlags flags) {
  if (flags.flavour == "pasturestack") flags.options.flavour = cattle::lab::Flavour::pasturestack;
  flags.options.settings = cattle::lab::faster(flags.options.settings, flags.faster);
  flags.options.settings.security = flags.security;
  cattle::lab::Server server(flags.options);
  server.start();
  const auto agent = server.add_agent();
  std::cout << "cattle-lab listens at " << server.url() << "\n"
            << "an agent's keys:  CATTLE_URL=" << server.url()
            << "/v1 CATTLE_ACCESS_KEY=" << agent.key.access_key
            << " CATTLE_SECRET_KEY=" << agent.key.secret_key << "\n"
            << "to register one:  " << server.registration_url() << "\n"
            << "to steer it:      curl " << server.url() << "/lab/processes\n"
            << std::flush;
  return wait_for_signal();
}

}  // namespace

int main(int argc, char** argv) {
  block_signals();
  CLI::App app{
      "A stand-in cattle server: drives an agent as a real one would, in memory, with faults on demand."};
  app.require_subcommand(1);
  ServeFlags flags;
  auto* serve_command = app.add_subcommand("serve", "Listen until SIGINT or SIGTERM");
  serve_command->add_option("--address", flags.options.address, "Address to listen at")
      ->capture_default_str();
  serve_command->add_option("--port", flags.options.port, "Port; 0 lets the kernel choose")
      ->capture_default_str();
  serve_command->add_option("--flavour", flags.flavour, "Which server it is like")
      ->check(CLI::IsMember({"cattle", "pasturestack"}))
      ->capture_default_str();
  serve_command->add_option("--seed", flags.options.seed, "Of all ids and keys")->capture_default_str();
  serve_command->add_option("--faster", flags.faster, "Divides every period")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  serve_command->add_flag("--security", flags.security, "api.security.enabled: a wrong key gives 401");
  cattle::lab::DemoOptions demo;
  auto* demo_command = app.add_subcommand("demo", "Tell the story of make demo with an agent and an engine");
  demo_command->add_option("--agent", demo.agent_program, "The cattle-agent program")->required();
  demo_command->add_option("--docker-host", demo.docker_host, "The engine")->required();
  demo_command->add_option("--image", demo.image, "An image with a shell, already on the engine")->required();
  demo_command->add_option("--directory", demo.directory, "For the agent's state and log")->required();
  demo_command->add_flag("--keep", demo.keep, "Stay up at the end");
  CLI11_PARSE(app, argc, argv);
  try {
    return serve_command->parsed() ? serve(flags) : cattle::lab::run_demo(demo);
  } catch (const std::exception& error) {
    std::cerr << "cattle-lab: " << error.what() << "\n";
    return 1;
  }
}
