// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/client.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/context.hpp"
#include "handlers/routes.hpp"

#include <nlohmann/json.hpp>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cattle::support {

inline constexpr const char* kActivate = "compute.instance.activate";
inline constexpr const char* kBusybox = "busybox:1";
inline constexpr const char* kUuid = "c861f990-4472-4fa1-960f-65171b544c28";

/// Keeps what it is told. Safe from any thread.
class RecordedProgress : public handlers::ProgressSink {
 public:
  void report(const std::string& message, std::optional<int> percent) override {
    const std::lock_guard lock(mutex_);
    texts_.push_back(message);
    percents_.push_back(percent);
  }
  void repeat() override {
    const std::lock_guard lock(mutex_);
    ++repeats_;
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }
  [[nodiscard]] std::vector<std::optional<int>> percents() const {
    const std::lock_guard lock(mutex_);
    return percents_;
  }
  [[nodiscard]] int repeats() const {
    const std::lock_guard lock(mutex_);
    return repeats_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
  std::vector<std::optional<int>> percents_;
  int repeats_ = 0;
};

class RecordedLog : public handlers::EventLog {
 public:
  void debug(std::string_view message) override { text += std::string(message) + "\n"; }
  void info(std::string_view message) override { text += std::string(message) + "\n"; }
  void warn(std::string_view message) override {
    text += std::string(message) + "\n";
    ++warnings;
  }
  void container(std::string_view docker_id) override { container_id = docker_id; }

  std::string text;
  int warnings = 0;
  std::string container_id;
};

/// One event's surroundings.
struct Attempt {
  RecordedProgress progress;
  RecordedLog log;
  std::vector<docker::CallRecord> calls;
  std::stop_source stop;
};

/// The production handlers on an engine of the test's choice, called as the agent does, without the agent.
class HandlerRig {
 public:
  struct Options {
    docker::EngineOptions engine;
    handlers::HostOptions host;
  };

  explicit HandlerRig(Options options)
      : dir_(make_dir()), engine_(options.engine), server_(server_options()) {
    options.host.state_dir = dir_;
    options.host.build_dir = dir_ + "/build";
    if (options.host.cni_state_dir.starts_with("/var/")) options.host.cni_state_dir = dir_ + "/cni";
    handlers_ = std::make_unique<handlers::Handlers>(options.host, engine_, server_);
    for (auto& route : handlers_->routes()) routes_[route.name] = route;
  }
  ~HandlerRig() {
    handlers_.reset();
    std::filesystem::remove_all(dir_);
  }
  HandlerRig(const HandlerRig&) = delete;
  HandlerRig& operator=(const HandlerRig&) = delete;

  [[nodiscard]] static subscriber::Event event(const std::string& name, nlohmann::json data,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(45)) {
    subscriber::Event event;
    event.id = "e-1";
    event.name = name;
    event.reply_to = "reply.1";
    event.resource_id = "1x7";
    event.resource_type = type_of(name);
    event.data = std::move(data);
    event.timeout = timeout;
    event.received = std::chrono::steady_clock::now();
    return event;
  }

  std::optional<nlohmann::json> handle(const subscriber::Event& event, Attempt& run) const {
    docker::Call call;
    call.stop = run.stop.get_token();
    call.observer = [&run](const docker::CallRecord& record) { run.calls.push_back(record); };
    handlers::Context context{run.progress, run.log, call, event.received + event.timeout};
    return routes_.at(event.name).handle(event, context);
  }
  /// The reply's data; the handler's exceptions come through.
  nlohmann::json reply(const std::string& name, nlohmann::json data) const {
    Attempt run;
    return handle(event(name, std::move(data)), run).value();
  }
  /// The error's text; "" when there was none.
  std::string error(const std::string& name, nlohmann::json data) const {
    try {
      Attempt run;
      (void)handle(event(name, std::move(data)), run);
    } catch (const std::exception& failure) {
      return failure.what();
    }
    return {};
  }

  [[nodiscard]] const docker::Client& engine() const { return engine_; }
  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] const handlers::Route& route(const std::string& name) const { return routes_.at(name); }

 private:
  static std::string make_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "rig-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return name;
  }
  static http::ClientOptions server_options() {
    http::ClientOptions options;
    options.base_url = "http://127.0.0.1:9";  // Nobody listens: these events need no server.
    return options;
  }
  static std::string type_of(const std::string& name) {
    if (name == "storage.image.activate") return "imageStoragePoolMap";
    if (name.starts_with("storage.volume.")) return "volumeStoragePoolMap";
    if (name == "compute.instance.inspect") return "instanceInspect";
    if (name == "compute.instance.pull") return "resourcePull";
    return "instanceHostMap";
  }

  std::string dir_;
  docker::Client engine_;
  http::Client server_;
  std::unique_ptr<handlers::Handlers> handlers_;
  std::map<std::string, handlers::Route> routes_;
};

/// An instance row as small as a server's can be.
inline nlohmann::json instance(const std::string& uuid, const std::string& name, const std::string& image) {
  return {{"id", 7},
          {"uuid", uuid},
          {"name", name},
          {"externalId", nullptr},
          {"state", "starting"},
          {"nativeContainer", false},
          {"image", {{"id", 3}, {"name", "index.docker.io/" + image}, {"registryCredential", nullptr}}},
          {"data", {{"fields", {{"imageUuid", "docker:" + image}, {"command", {"sleep", "600"}}}}}},
          {"nics", nlohmann::json::array()},
          {"ports", nlohmann::json::array()}};
}

/// `data` of a map event.
inline nlohmann::json map_data(const nlohmann::json& instance, const nlohmann::json& process = nullptr) {
  nlohmann::json data = {{"instanceHostMap", {{"type", "instanceHostMap"}, {"instance", instance}}}};
  if (!process.is_null()) data["processData"] = process;
  return data;
}

/// `data` of storage.image.activate; with user and password where given.
inline nlohmann::json image_data(const std::string& name, const std::string& user = "",
                                 const std::string& password = "") {
  nlohmann::json image = {{"id", 3}, {"name", name}, {"registryCredential", nullptr}};
  if (!user.empty()) {
    image["registryCredential"] = {
        {"publicValue", user},
        {"secretValue", password},
        {"registry", {{"data", {{"fields", {{"serverAddress", name.substr(0, name.find('/'))}}}}}}}};
  }
  return {{"imageStoragePoolMap",
           {{"type", "imageStoragePoolMap"}, {"image", image}, {"storagePool", {{"kind", "docker"}}}}}};
}

}  // namespace cattle::support
