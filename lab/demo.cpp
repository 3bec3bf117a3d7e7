// SPDX-License-Identifier: Apache-2.0
#include "lab/demo.hpp"

#include "lab/agent_process.hpp"
#include "lab/local_port.hpp"
#include "lab/server.hpp"

#include <unistd.h>

#include <csignal>
#include <iomanip>
#include <iostream>
#include <set>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;

/// The story can't go on; the text says why.
class StoryBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Options server_options() {
  Options out;
  out.settings.security = true;
  out.settings.manage_foreign_containers =
      false;  // What else runs on this engine is none of the demo's business.
  out.settings.ping_schedule = 1s;
  out.settings.retry_base = 500ms;
  return out;
}

class Story {
 public:
  explicit Story(const DemoOptions& options)
      : options_(options), server_(server_options()), began_(std::chrono::steady_clock::now()) {}

  void tell() {
    begin();
    volume_is_created();
    container_is_activated();
    host_is_asked();
    container_stops_and_starts();
    link_is_cut();
    all_is_removed();
  }

  void stay_up() {
    std::cout << "\nKEEP=1: server and agent stay up until you press Ctrl-C.\n"
              << "  containers   curl " << server_.url() << "/lab/containers\n"
              << "  processes    curl " << server_.url() << "/lab/processes\n"
              << "  a new one    curl -d '{\"name\":\"mine\",\"image\":\"" << options_.image
              << "\",\"command\":[\"sleep\",\"3600\"]}' " << server_.url() << "/lab/containers\n"
              << "  faults, settings and the rest: lab/README.md\n"
              << "  the engine   DOCKER_HOST=" << options_.docker_host << " docker ps -a\n"
              << "  the log      tail -f " << options_.directory << "/agent.log\n"
              << std::flush;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    int number = 0;
    sigwait(&signals, &number);
    remove_everything();
  }

  void finish() {
    if (!agent_) return;
    agent_->signal(SIGTERM);
    const auto code = agent_->wait(20s);
    if (!code) throw StoryBroken("the agent did not end within 20 s of SIGTERM");
    if (*code != 0) throw StoryBroken("the agent ended with " + std::to_string(*code) + " after SIGTERM");
    line("agent", "ended by SIGTERM with exit code 0");
  }

 private:
  void line(const std::string& what, const std::string& words) const {
    const auto passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    std::cout << "[" << std::setw(5) << std::fixed << std::setprecision(1) << passed << " s] " << std::left
              << std::setw(32) << what << std::right << words << "\n"
              << std::flush;
  }

  void need(bool met, const std::string& wish) {
    if (met) return;
    const bool alive = agent_ && agent_->running();
    throw StoryBroken(wish + " did not happen within 60 s" +
                      (alive ? "" : "; the agent is not running any more"));
  }

  void begin() {
    server_.start();
    line("server", "cattle-lab at " + server_.url() + ", a stand-in for cattle 1.6");
    const AgentKey agent = server_.add_agent();
    agent_id_ = agent.id;
    agent_.emplace(AgentProgram{
        options_.agent_program, server_.url(), agent.key, options_.docker_host, options_.directory, {}});
    line("agent", "cattle-agent run, process " + std::to_string(agent_->pid()));
    need(server_.wait_for_subscription(agent.id, kPatience), "a subscription");
    line("subscribed", "as agent " + agent.id);
    need(server_.wait_for_host(kPatience), "an active host");
    const json host = server_.rows("host").at(0);
    line("host active", host.at("id").get<std::string>() + " " + host.value("hostname", "") + ", labels " +
                            host.at("labels").dump());
  }

  /// Prints what ended since the last time.
  void report() {
    for (const auto& process : server_.processes()) {
      const auto id = process.at("id").get<std::int64_t>();
      const std::string state = process.at("state");
      if (state != "done" && state != "failed" && state != "cancelled") continue;
      if (!told_.insert(id).second || process.at("steps").empty()) continue;
      const int attempts = process.at("attempts");
      line("  " + process.at("name").get<std::string>(),
           process.at("resourceId").get<std::string>() + " " + state + ", " + std::to_string(attempts) +
               (attempts == 1 ? " attempt, " : " attempts, ") + process.at("millis").dump() + " ms");
      for (const auto& step : process.at("steps")) {
        const std::string message = step.at("message");
        line("", "    " + step.at("event").get<std::string>() + ": " + step.at("outcome").get<std::string>() +
                     " after " + step.at("millis").dump() + " ms" + (message.empty() ? "" : ", " + message));
      }
      if (state == "failed")
        throw StoryBroken("process " + process.at("name").get<std::string>() +
                          " failed: " + process.value("message", ""));
    }
  }

  void reach(const std::string& type, const std::string& id, const std::string& state) {
    const bool met = server_.wait_for_state(type, id, state, kPatience);
    report();
    need(met, type + " " + id + " being " + state);
  }

  void volume_is_created() {
    line("1 create a volume", "");
    volume_name_ = "cattle-demo-" + std::to_string(::getpid());
    volume_ = server_.create_volume({{"name", volume_name_}});
    reach("volume", volume_, "active");
  }

  void container_is_activated() {
    port_ = free_port();
    line("2 start a container",
         "port " + std::to_string(port_) + ":80/tcp, label story=demo, volume " + volume_name_ + " at /data");
    container_ = server_.create_instance(
        {{"name", "cattle-demo"},
         {"image", options_.image},
         {"command", {"sh", "-c", "trap 'exit 0' TERM; httpd -f -p 80 -h /data & wait"}},
         {"ports", {std::to_string(port_) + ":80/tcp"}},
         {"labels", {{"story", "demo"}}},
         {"dataVolumes", {volume_name_ + ":/data"}}});
    reach("instance", container_, "running");
    const json row = server_.row("instance", container_);
    line("", "    container " + row.at("externalId").get<std::string>().substr(0, 12) + ", address " +
                 row.value("primaryIpAddress", json("none")).dump() + ", ports " + row.at("ports").dump());
    if (!accepts(port_)) throw StoryBroken("nothing answers on port " + std::to_string(port_));
    line("", "    port " + std::to_string(port_) + " of this machine accepts connections");
  }

  void host_is_asked() {
    line("3 ping and inspect", "");
    const json options{{"options", {{"resources", true}, {"stats", true}, {"instances", true}}},
                       {"resources", json::array()}};
    const json pong = server_.call(
        agent_id_,
        {{"name", "ping"}, {"resourceType", "agent"}, {"resourceId", agent_id_}, {"data", options}},
        kPatience);
    need(!pong.empty(), "a pong");
    line("", "    pong with " + std::to_string(pong.back().at("data").at("resources").size()) + " resources");
    const std::string id = server_.row("instance", container_).at("externalId");
    const json seen = server_.call(agent_id_,
                                   {{"name", "compute.instance.inspect"},
                                    {"resourceType", "instanceInspect"},
                                    {"data", {{"instanceInspect", {{"kind", "docker"}, {"id", id}}}}}},
                                   kPatience);
    need(!seen.empty() && seen.back().contains(json::json_pointer("/data/instanceInspect/Name")),
         "an inspect that finds the container");
    line("", "    the engine knows it as " +
                 seen.back().at(json::json_pointer("/data/instanceInspect/Name")).get<std::string>());
  }

  void container_stops_and_starts() {
    line("4 stop it", "");
    server_.stop_instance(container_, 2);
    reach("instance", container_, "stopped");
    line("5 start it again", "");
    server_.start_instance(container_);
    reach("instance", container_, "running");
  }

  void link_is_cut() {
    server_.stop_instance(container_, 2);
    reach("instance", container_, "stopped");
    line("6 cut the link",
         "in the middle of a start; the server's time-out is 3 s here, not 45 s, so that you need not wait");
    server_.set("eventing.timeout.millis", 3'000);
    server_.add_fault({"cut", "compute.instance.activate", 0, 0ms, 1});
    server_.start_instance(container_);
    reach("instance", container_, "running");
    server_.set("eventing.timeout.millis", 45'000);
    if (!agent_->running()) throw StoryBroken("the agent did not survive the cut");
    line("", "    same agent process, " + std::to_string(agent_->pid()) + "; the retry repaired it");
  }

  void all_is_removed() {
    if (options_.keep) return;
    line("7 remove all", "");
    remove_everything();
  }

  void remove_everything() {
    if (!container_.empty()) {
      server_.remove_instance(std::exchange(container_, ""));
      need(server_.wait_for_idle(kPatience), "the container's removal");
      report();
    }
    if (!volume_.empty()) {
      server_.remove_volume(std::exchange(volume_, ""));
      need(server_.wait_for_idle(kPatience), "the volume's removal");
      report();
    }
  }

  const DemoOptions& options_;
  Server server_;
  std::chrono::steady_clock::time_point began_;
  std::optional<AgentProcess> agent_;
  std::string agent_id_;
  std::string volume_name_;
  std::string volume_;
  std::string container_;
  int port_ = 0;
  std::set<std::int64_t> told_;
};

}  // namespace

int run_demo(const DemoOptions& options) {
  Story story(options);
  try {
    story.tell();
    if (options.keep) story.stay_up();
    story.finish();
  } catch (const std::exception& error) {
    std::cout << std::flush;
    std::cerr << "\nThe demo stopped: " << error.what() << "\n";
    return 1;
  }
  return 0;
}

}  // namespace cattle::lab
