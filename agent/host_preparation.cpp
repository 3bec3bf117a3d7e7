// SPDX-License-Identifier: Apache-2.0
#include "agent/host_preparation.hpp"

#include "handlers/errors.hpp"
#include "handlers/host/child_process.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <vector>

namespace cattle::agent {
namespace {

using Warn = std::function<void(const std::string&)>;
constexpr std::chrono::seconds kStepLimit{30};
constexpr auto kWaitVolume = "rancher-cni";

std::string run_self(const HostPreparationOptions& options, std::vector<std::string> arguments,
                     const std::stop_token& stop) {
  handlers::ChildCommand command;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), options.own_program);
  const auto result = handlers::run_child(command, std::chrono::steady_clock::now() + kStepLimit, stop);
  return result.exit_code == 0 ? std::string() : result.error_output;
}

/// Each step by itself: one that fails keeps none of the others from being tried.
template <typename Step>
void attempt(const char* what, const Warn& warn, Step step) {
  try {
    if (const std::string trouble = step(); !trouble.empty()) warn(std::string(what) + ": " + trouble);
  } catch (const std::exception& error) {
    warn(std::string(what) + ": " + error.what());
  }
}

std::string wait_directory(const docker::Client& engine, const HostPreparationOptions& options) {
  if (!options.wait_directory.empty()) return options.wait_directory;
  const auto volume = engine.inspect_volume(kWaitVolume, {});
  return volume ? volume->mountpoint : engine.create_volume(kWaitVolume, "local", {}, {}).mountpoint;
}

}  // namespace

void place_wait_program(const std::string& program, const std::string& directory, bool replace) {
  const auto target = std::filesystem::path(directory) / "r";
  if (!replace && std::filesystem::exists(target)) return;
  const auto beside = target.string() + ".new." + std::to_string(::getpid());
  std::filesystem::copy_file(program, beside, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(beside, std::filesystem::perms(0755));
  std::filesystem::rename(beside, target);
}

std::string offer_wait_program(const docker::Client& engine, const HostPreparationOptions& options) {
  try {
    place_wait_program(options.wait_program, wait_directory(engine, options), options.replace_wait_program);
    return {};
  } catch (const std::exception& error) {
    return std::string("the wait program is not in place: ") + error.what();
  }
}

void prepare_host(pid_t engine_process, const HostPreparationOptions& options, const Warn& warn,
                  const std::stop_token& stop) {
  attempt("mounts are not shared", warn, [&] {
    return run_self(
        options,
        {"share-mounts", std::to_string(engine_process), "/var/lib/rancher/volumes", "/var/lib/kubelet"},
        stop);
  });
  attempt("kernel modules", warn, [&] {
    return run_self(options,
                    {"load-modules", "1", "ansi_cprng", "drbg", "esp4", "veth", "xfrm4_mode_tunnel",
                     "xfrm6_mode_tunnel", "xt_mark", "xt_nat", "vxlan"},
                    stop);
  });
}

}  // namespace cattle::agent
