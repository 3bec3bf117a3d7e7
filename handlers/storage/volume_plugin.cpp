// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/volume_plugin.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/text_file.hpp"
#include "handlers/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace cattle::handlers {
namespace {

constexpr std::array<std::string_view, 5> kRancherDrivers = {"rancher-ebs", "rancher-nfs", "rancher-efs",
                                                             "rancher-secrets", "secrets-bridge-v2"};
/// Also served by a plain Docker plugin of that name; ours only where it listens in our directory (S59).
constexpr std::string_view kOptionalDriver = "pasturestack-nfs";
/// However late it is: the server's next attempt should find something done.
constexpr std::chrono::milliseconds kLeastDriverTime{5'000};

}  // namespace

struct VolumePlugins::Action {
  const char* name;  ///< "Attach"
  const char* verb;  ///< "attach", for error texts
  const std::string& driver;
  const std::string& volume;
  const std::map<std::string, std::string>* options = nullptr;
  bool only_looks = false;  ///< Asked for in a rehearsal, too.
};

struct VolumePlugins::Answer {
  std::string mountpoint;
  std::string scope;
};

namespace {

struct Decoded {
  bool is_json = false;
  std::string error;
  std::string mountpoint;
  std::string scope;
};

Decoded decode(const std::string& body) {
  Decoded decoded;
  const auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object()) return decoded;
  decoded.is_json = true;
  decoded.error = text_or_empty(document, "Err");
  decoded.mountpoint = text_or_empty(document, "Mountpoint");
  const auto capabilities = document.find("Capabilities");
  if (capabilities != document.end() && capabilities->is_object())
    decoded.scope = text_or_empty(*capabilities, "Scope");
  return decoded;
}

}  // namespace

VolumePlugins::VolumePlugins(std::string socket_dir, std::chrono::milliseconds timeout)
    : socket_dir_(std::move(socket_dir)), timeout_(timeout) {}

bool VolumePlugins::is_rancher_driver(const std::string& driver) const {
  if (std::find(kRancherDrivers.begin(), kRancherDrivers.end(), driver) != kRancherDrivers.end()) return true;
  return driver == kOptionalDriver && file_exists(socket_path(driver));
}

// Only names of the two lists above get here, so that a driver's name from the server never chooses a path.
std::string VolumePlugins::socket_path(const std::string& driver) const {
  return socket_dir_ + "/" + driver + ".sock";
}

DriverKind VolumePlugins::kind_of(const std::string& driver, const std::string& volume,
                                  const std::map<std::string, std::string>& options,
                                  const Context& context) const {
  if (!is_rancher_driver(driver)) return DriverKind::engine;
  const auto path = socket_path(driver);
  if (!file_exists(path)) {
    throw OperationError("volume " + volume + ": socket file not found at " + path + ": the storage driver " +
                         driver + " is not running on this host");
  }
  const auto answer =
      call({"Capabilities", "ask the capabilities for", driver, volume, &options, true}, context);
  return answer.scope == "flex" ? DriverKind::flex : DriverKind::attached;
}

void VolumePlugins::create(const std::string& driver, const std::string& volume,
                           const std::map<std::string, std::string>& options, const Context& context) const {
  static_cast<void>(call({"Create", "create", driver, volume, &options}, context));
}

void VolumePlugins::attach(const std::string& driver, const std::string& volume,
                           const std::map<std::string, std::string>& options, const Context& context) const {
  static_cast<void>(call({"Attach", "attach", driver, volume, &options}, context));
}

std::string VolumePlugins::mount(const std::string& driver, const std::string& volume,
                                 const std::map<std::string, std::string>& options,
                                 const Context& context) const {
  auto answer = call({"Mount", "mount", driver, volume, &options}, context);
  if (!answer.mountpoint.starts_with('/')) {
    throw OperationError("Failed to mount volume " + volume + ". Driver: " + driver +
                         ". The driver named no mount point on this host");
  }
  return std::move(answer.mountpoint);
}

void VolumePlugins::remove(const std::string& driver, const std::string& volume,
                           const Context& context) const {
  static_cast<void>(call({"Remove", "remove", driver, volume, nullptr}, context));
}

const http::Client& VolumePlugins::client(const std::string& driver) const {
  const std::lock_guard lock(mutex_);
  auto& entry = clients_[driver];
  if (!entry) {
    http::ClientOptions options;
    options.base_url = "http://volume-plugin";
    options.unix_socket = socket_path(driver);
    options.idle_connections = 1;
    entry = std::make_unique<http::Client>(std::move(options));
  }
  return *entry;
}

VolumePlugins::Answer VolumePlugins::call(const Action& action, const Context& context) const {
  nlohmann::json body = {{"Name", action.volume}};
  if (action.options != nullptr && !action.options->empty()) body["Opts"] = *action.options;
  http::Request request;
  request.method = "POST";
  request.target = std::string("/VolumeDriver.") + action.name;
  request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  request.timeout = time_left(context.deadline, kLeastDriverTime, timeout_);
  if (context.call.rehearse && !action.only_looks) {
    (void)context.call.rehearse(
        {request.method, request.target, request.body, "storage driver " + action.driver});
    return {"/pretended/" + action.volume, {}};
  }

  const auto response = client(action.driver).send(request, context.call.stop);
  context.log.debug("storage driver " + action.driver + ": " + action.name + " of " + action.volume + ": " +
                    std::to_string(response.status));

  auto decoded = decode(response.body);
  const bool accepted = response.status >= 200 && response.status < 300 && decoded.is_json;
  // The classic sign of a driver that doesn't know the action; its body may be the HTTP library's plain text.
  const bool unsupported = response.status >= 400 && response.status < 500;
  if (!decoded.error.empty() || !(accepted || unsupported)) {
    const auto& cause = decoded.is_json ? decoded.error : std::string("the answer is not JSON");
    throw OperationError(std::string("Failed to ") + action.verb + " volume " + action.volume +
                         ". Driver: " + action.driver + ". Status code: " + std::to_string(response.status) +
                         ". Error Message: " + cause);
  }
  if (unsupported) return {};
  return {std::move(decoded.mountpoint), std::move(decoded.scope)};
}

}  // namespace cattle::handlers
