// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/uninstall.hpp"

#include "agent/commands/surroundings.hpp"
#include "agent/registration/agent_container.hpp"
#include "agent/registration/share_mounts.hpp"
#include "handlers/host/child_process.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <stdexcept>
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

void add_workload(const docker::Client& engine, std::vector<Item>& items) {
  docker::ContainerFilters filters;
  filters.labels = {"io.rancher.container.uuid"};
  for (const auto& container : engine.list_containers(filters, {})) add_container(engine, container, items);
}

void add_volumes(const docker::Client& engine, std::vector<Item>& items) {
  for (const auto* name : {"rancher-cni", "rancher-agent-state"}) {
    if (!engine.inspect_volume(name, {})) continue;
    items.push_back({std::string("volume ") + name, [&engine, name] {
                       if (engine.remove_volume(name, {}) == docker::RemoveOutcome::in_use) {
                         throw std::runtime_error(std::string("volume ") + name + " is in use");
                       }
                     }});
  }
}

void add_path(const std::filesystem::path& path, std::vector<Item>& items) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return;
  items.push_back({path.string(), [path] { std::filesystem::remove_all(path); }});
}

/// Only names that this program or the stock agent made, never the directories that others share.
void add_state(const std::string& state_dir, std::vector<Item>& items) {
  for (const auto* name : {".registration_token", ".docker_uuid", ".physical_host_uuid", "credentials.conf",
                           "registration_url", "machine.json", "clone-of", "info.json", "temp.json"}) {
    add_path(std::filesystem::path(state_dir) / name, items);
  }
  for (const auto* path : {"/var/lib/rancher/etc/agent.conf", "/var/lib/rancher/etc/ssl/host.key",
                           "/var/lib/rancher/etc/ssl/ca.crt", "/var/lib/cattle", "/var/log/rancher"}) {
    add_path(path, items);
  }
}

/// Directories that others may use, too, and what we mounted over them: only where they are empty.
void add_empty_directories(std::vector<Item>& items) {
  for (const auto* path : {"/var/lib/rancher/volumes", "/var/lib/kubelet", "/var/lib/rancher/state",
                           "/var/lib/rancher/etc/ssl", "/var/lib/rancher/etc", "/var/lib/rancher"}) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) continue;
    items.push_back({std::string("directory ") + path + ", if it is empty then", [path] {
                       if (!std::filesystem::is_empty(path)) return;
                       if (registration::is_mount_point(path) && ::umount(path) != 0)
                         throw std::system_error(errno, std::generic_category(), path);
                       std::filesystem::remove(path);
                     }});
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
  std::vector<Item> items;
  int code = 0;
  add_service(items);
  try {
    add_agent_containers(*here.engine, items);
    if (options.containers) add_workload(*here.engine, items);
    add_volumes(*here.engine, items);
  } catch (const docker::Error& error) {
    std::cerr << "cattle-agent uninstall: the engine can't be asked, its containers stay: " << error.what()
              << '\n';
    code = 1;
  }
  if (options.state) {
    add_state(here.surroundings.state_dir, items);
    add_empty_directories(items);
  }
  return std::max(code, carry_out(items, options.dry_run));
}

}  // namespace cattle::agent::commands
