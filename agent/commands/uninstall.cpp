// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/uninstall.hpp"

#include "agent/commands/surroundings.hpp"
#include "agent/registration/agent_container.hpp"
#include "agent/registration/ca_certificate.hpp"
#include "agent/registration/mount_record.hpp"
#include "agent/registration/option_file_entry.hpp"
#include "agent/registration/share_mounts.hpp"
#include "config/ca_bundle.hpp"
#include "handlers/host/child_process.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace cattle::agent::commands {
namespace {

/// One thing that goes: what it is for the person, and how it is removed.
struct Item {
  std::string what;
  std::function<void()> remove;
};

std::string short_id(const std::string& id) {
  return id.substr(0, 12);
}

void add_container(const docker::Client& engine, const docker::ContainerSummary& container,
                   std::vector<Item>& items) {
  const auto name = container.names.empty() ? std::string() : container.names.front();
  items.push_back({"container " + short_id(container.id) + " " + name, [&engine, id = container.id] {
                     (void)engine.remove_container(id, {.force = true, .volumes = true}, {});
                   }});
}

/// Before anything else: a running service would make its files anew.
void add_service(std::vector<Item>& items) {
  std::error_code error;
  if (!std::filesystem::exists("/run/systemd/system", error) ||
      !std::filesystem::exists("/lib/systemd/system/cattle-agent.service", error))
    return;
  items.push_back({"service cattle-agent (stopped, and not started with the system)", [] {
                     handlers::ChildCommand command;
                     command.argv = {"systemctl", "disable", "--now", "cattle-agent.service"};
                     constexpr std::chrono::seconds kLimit{90};
                     const auto result =
                         handlers::run_child(command, std::chrono::steady_clock::now() + kLimit, {});
                     if (result.exit_code != 0) throw std::runtime_error(result.error_output);
                   }});
}

void add_agent_containers(const docker::Client& engine, std::vector<Item>& items) {
  using namespace cattle::agent::registration;
  docker::ContainerFilters filters;
  filters.labels = {"io.rancher.container.system=rancher-agent"};
  for (const auto& container : engine.list_containers(filters, {})) {
    const auto is_ours = [&](std::string_view name) {
      return std::find(container.names.begin(), container.names.end(), "/" + std::string(name)) !=
             container.names.end();
    };
    if (is_ours(kAgentName) || is_ours(kUpgradeName) || is_ours(kPreviousName))
      add_container(engine, container, items);
  }
}

std::vector<docker::ContainerSummary> workload(const docker::Client& engine) {
  docker::ContainerFilters filters;
  filters.labels = {"io.rancher.container.uuid"};
  return engine.list_containers(filters, {});
}

/// `must_go`: with the server's containers removed, nobody else has a reason to hold it.
void add_volume(const docker::Client& engine, const std::string& name, bool must_go,
                std::vector<Item>& items) {
  if (!engine.inspect_volume(name, {})) return;
  items.push_back({"volume " + name, [&engine, name, must_go] {
                     if (engine.remove_volume(name, {}) != docker::RemoveOutcome::in_use) return;
                     if (must_go) throw std::runtime_error("volume " + name + " is in use");
                     std::cout << "volume " << name << " is kept, in use\n";
                   }});
}

void remove_if_empty(const std::string& path) {
  std::error_code error;
  if (!registration::is_mount_point(path) && std::filesystem::is_empty(path, error))
    std::filesystem::remove(path);
}

/// What is in it stays.
void add_directory(const std::string& path, std::vector<Item>& items) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  items.push_back({"directory " + path + ", if it is empty then", [path] { remove_if_empty(path); }});
}

void add_path(const std::filesystem::path& path, std::vector<Item>& items) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return;
  items.push_back({path.string(), [path] { std::filesystem::remove_all(path); }});
}

void undo_sharing(const std::string& path, pid_t process) {
  handlers::ChildCommand command;  // Nobody with a second thread can enter a mount namespace.
  command.argv = {"/proc/self/exe", "unshare-mounts", std::to_string(process), path};
  constexpr std::chrono::seconds kLimit{30};
  const auto result = handlers::run_child(command, std::chrono::steady_clock::now() + kLimit, {});
  std::cout << result.output;
  if (result.exit_code != 0) throw std::runtime_error(result.error_output);
}

bool is_same_namespace(pid_t one, pid_t other) {
  std::error_code error;
  const auto of = [&error](pid_t pid) {
    return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/mnt", error);
  };
  return of(one) == of(other);
}

/// Where the mounts are depends on the engine that the host was prepared for; here, as a rule.
void add_shared_mounts(const std::string& engine_socket, std::vector<Item>& items) {
  const auto engine = registration::peer_process(engine_socket);
  for (const auto process : {::getpid(), engine}) {
    for (const auto& mount : registration::shared_by_us(process)) {
      const bool is_ours = mount.before == registration::Before::no_mount;
      items.push_back({(is_ours ? "shared mount " : "the sharing of the mount ") + mount.directory,
                       [path = mount.directory, process] { undo_sharing(path, process); }});
    }
    if (is_same_namespace(process, engine)) return;
  }
}

/// What the sharing of mounts had to make; where somebody uses it since, it stays.
void add_made_directories(std::vector<Item>& items) {
  for (const auto& path : registration::made_directories()) {
    if (path.starts_with("/var/lib/rancher/")) continue;  // Those are looked at by name.
    add_directory(path, items);
  }
}

/// A mount that is kept, in use, is undone by the next try, which has to know it.
void add_records(const std::filesystem::path& state_dir, std::vector<Item>& items) {
  for (const auto* name : {"made-directories", "shared-mounts"}) {
    const auto path = state_dir / name;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) continue;
    items.push_back({path.string(), [path] {
                       if (registration::shared_by_us(0).empty()) std::filesystem::remove(path);
                     }});
  }
}

/// Of agent.conf, which is an operator's file, what registering wrote there and nobody has changed since.
void add_kept_options(const std::string& file, std::vector<Item>& items) {
  if (!registration::recorded_lines(file).empty()) {
    items.push_back(
        {"the settings of registering in " + file, [file] { registration::remove_recorded_lines(file); }});
  }
  add_path(registration::record_of_options(file), items);
}

/// agent.log and what it was rotated to, agent.1.log and so on.
void add_logs(const std::filesystem::path& directory, std::vector<Item>& items) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const auto name = entry.path().filename().string();
    const auto number = name.starts_with("agent.") && name.ends_with(".log") && name != "agent.log"
                            ? name.substr(6, name.size() - 10)
                            : std::string();
    const bool rotated = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
    if (name == "agent.log" || rotated) add_path(entry.path(), items);
  }
}

/// Only what this program or the stock agent made, never what an operator put beside it.
void add_state(const std::string& state_dir, std::vector<Item>& items) {
  for (const auto* name : {".registration_token", ".docker_uuid", ".physical_host_uuid", "credentials.conf",
                           "registration_url", "machine.json", "clone-of", "info.json", "temp.json"}) {
    add_path(std::filesystem::path(state_dir) / name, items);
  }
  add_records(state_dir, items);
  add_kept_options("/var/lib/rancher/etc/agent.conf", items);
  for (const auto& file : registration::stored_ca_files(config::kServerCaFile)) add_path(file, items);
  for (const auto* path : {"/var/lib/rancher/etc/ssl/host.key", "/var/lib/cattle"}) add_path(path, items);
  add_logs("/var/log/rancher", items);
}

/// Directories that others may use, too.
void add_empty_directories(std::vector<Item>& items) {
  for (const auto* path : {"/var/lib/rancher/volumes", "/var/lib/rancher/state", "/var/lib/rancher/etc/ssl",
                           "/var/lib/rancher/etc", "/var/lib/rancher", "/var/log/rancher",
                           "/var/run/rancher/storage", "/var/run/rancher"}) {
    add_directory(path, items);
  }
}

int carry_out(const std::vector<Item>& items, bool dry_run) {
  int code = 0;
  for (const auto& item : items) {
    std::cout << (dry_run ? "would remove " : "removing ") << item.what << '\n';
    if (dry_run) continue;
    try {
      item.remove();
    } catch (const std::exception& error) {
      std::cerr << "cattle-agent uninstall: " << error.what() << '\n';
      code = 1;
    }
  }
  if (items.empty()) std::cout << "nothing of ours is here\n";
  return code;
}

}  // namespace

int uninstall(const UninstallOptions& options, const config::Environment& environment) {
  const auto here = plain_surroundings(environment);
  const auto& engine = *here.engine;
  std::vector<Item> items;
  int code = 0;
  bool is_needed = true;  // By the server's containers that stay.
  add_service(items);
  try {
    add_agent_containers(engine, items);
    const auto containers = workload(engine);
    is_needed = !containers.empty() && !options.containers;
    if (options.containers)
      for (const auto& container : containers) add_container(engine, container, items);
    add_volume(engine, "rancher-cni", options.containers, items);
    if (options.state) add_volume(engine, "rancher-agent-state", true, items);
  } catch (const docker::Error& error) {
    std::cerr << "cattle-agent uninstall: the engine can't be asked, its containers stay: " << error.what()
              << '\n';
    code = 1;
  }
  if (options.state || !is_needed) {
    const auto host = environment("DOCKER_HOST").value_or("");
    add_shared_mounts(docker::unix_socket_of(host.empty() ? docker::EngineOptions{}.host : host), items);
    add_made_directories(items);
  }
  if (options.state) {
    add_state(here.surroundings.state_dir, items);
    add_empty_directories(items);
  }
  return std::max(code, carry_out(items, options.dry_run));
}

}  // namespace cattle::agent::commands
