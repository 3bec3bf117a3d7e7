// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/fake_engine.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cattle::support {

/// True when the client has gone or the server is being stopped: whoever blocks must return.
using Gone = std::function<bool()>;

/// What goes back. With `next` the body is a stream: it is called until it gives nullopt.
struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::function<std::optional<std::string>(const Gone&)> next;
};

struct FakeContainer {
  std::string id;
  std::string name;
  nlohmann::json body;      ///< As it was received.
  std::string api_version;  ///< Of the create call: it decides where a MAC address is looked for.
  std::string image_id;
  nlohmann::json image_config;
  std::chrono::system_clock::time_point created;
  std::chrono::system_clock::time_point started{};
  std::chrono::system_clock::time_point finished{};
  std::chrono::steady_clock::time_point address_at{};
  bool running = false;
  bool ignores_stop = false;
  std::int64_t pid = 0;
  int exit_code = 0;
  int host_byte = 0;  ///< Last byte of the address.
  std::string start_failure;
  std::string output;
  nlohmann::json ports = nlohmann::json::object();  ///< NetworkSettings.Ports while running.
  std::vector<nlohmann::json> mounts;
  std::vector<std::string> anonymous_volumes;
};

struct FakeImage {
  std::string id;
  std::set<std::string> names;  ///< Tags and digests, each with its repository.
  nlohmann::json config;
  std::chrono::system_clock::time_point created;
};

struct FakeVolume {
  std::string driver;
  nlohmann::json options;
  std::string created;
};

/// Everything an engine knows, and its verbs. One mutex; blocking verbs wait on `changed_`.
class FakeEngine::State {
 public:
  explicit State(FakeEngineOptions options) : options_(std::move(options)) {}

  Answer handle(const EngineCall& call, const Gone& gone);

  FakeEngineOptions options() const;
  void replace(FakeEngineOptions options);

  // The public class's own verbs; see there.
  std::string add_container(const std::string& name, const nlohmann::json& body, bool running);
  std::optional<nlohmann::json> container(const std::string& name, const std::string& version) const;
  std::optional<FakeContainer> snapshot(const std::string& name) const;
  std::vector<std::string> container_ids() const;
  void exit_container(const std::string& name, int exit_code);
  void remove_container(const std::string& name);
  void change(const std::string& name, const std::function<void(FakeContainer&)>& change);
  void set_address_delay(std::chrono::milliseconds delay);
  void warn_at_create(const std::string& message);
  void add_image(const std::string& name, const nlohmann::json& config);
  bool has_image(const std::string& name) const;
  void set_pull(const std::string& name, PullBehaviour behaviour);
  void add_volume(const std::string& name, const std::string& driver);
  bool has_volume(const std::string& name) const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  // system.cpp
  Answer route(const EngineCall& call, const Gone& gone, Lock& lock);
  Answer info() const;
  Answer version() const;
  Answer events(const EngineCall& call);
  std::optional<std::string> next_event(const EngineCall& call, std::size_t& index, std::int64_t until,
                                        const Gone& gone);
  void emit(const std::string& type, const std::string& action, const std::string& id,
            const nlohmann::json& attributes = nlohmann::json::object());

  // containers.cpp
  Answer containers(const EngineCall& call, const std::vector<std::string>& parts, const Gone& gone,
                    Lock& lock);
  Answer list(const EngineCall& call) const;
  Answer create(const EngineCall& call);
  static Answer logs(const FakeContainer& container);
  Answer start(FakeContainer& container);
  Answer stop(FakeContainer& container, const EngineCall& call, const Gone& gone, Lock& lock);
  Answer kill(FakeContainer& container, const EngineCall& call);
  Answer remove(FakeContainer& container, const EngineCall& call);
  Answer wait(const std::string& id, const Gone& gone, Lock& lock);
  Answer rename(FakeContainer& container, const EngineCall& call);
  Answer update(FakeContainer& container, const EngineCall& call);
  std::string make_container(const std::string& name, const nlohmann::json& body,
                             const std::string& api_version);
  void mount_volumes(FakeContainer& container);
  std::string allocate_ports(FakeContainer& container);
  void end(FakeContainer& container, int exit_code);
  void erase(const std::string& id, bool with_volumes);
  FakeContainer* find(const std::string& name);
  const FakeContainer* find(const std::string& name) const;
  bool matches(const FakeContainer& container, const EngineCall& call) const;
  void emit(const FakeContainer& container, const std::string& action,
            nlohmann::json attributes = nlohmann::json::object());

  // documents.cpp
  nlohmann::json inspect_document(const FakeContainer& container, const std::string& version) const;
  nlohmann::json config_document(const FakeContainer& container, const std::string& version) const;
  nlohmann::json network_document(const FakeContainer& container, const std::string& version) const;
  nlohmann::json networks(const FakeContainer& container) const;
  nlohmann::json list_document(const FakeContainer& container) const;

  // images.cpp
  Answer images(const EngineCall& call, const std::vector<std::string>& parts);
  Answer list_images() const;
  Answer inspect_image(const std::string& name, const EngineCall& call) const;
  Answer tag_image(const std::string& name, const EngineCall& call);
  Answer remove_image(const std::string& name, const EngineCall& call);
  Answer pull(const EngineCall& call);
  Answer build(const EngineCall& call);
  Answer stream_lines(std::vector<std::string> lines, std::chrono::milliseconds pause,
                      std::function<void()> at_end);
  const FakeImage* find_image(const std::string& name) const;
  void put_image(const std::string& name, const nlohmann::json& config);

  // volumes.cpp
  Answer volumes(const EngineCall& call, const std::vector<std::string>& parts);
  Answer create_volume(const EngineCall& call);
  nlohmann::json volume_document(const std::string& name) const;
  void put_volume(const std::string& name, const std::string& driver, const nlohmann::json& options);
  std::vector<std::string> users_of_volume(const std::string& name) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  FakeEngineOptions options_;
  std::map<std::string, FakeContainer> containers_;  ///< By id.
  std::vector<FakeImage> images_;
  std::map<std::string, FakeVolume> volumes_;
  std::map<std::string, PullBehaviour> pulls_;
  std::vector<nlohmann::json> events_;
  std::chrono::milliseconds address_delay_{0};
  nlohmann::json create_warnings_ = nlohmann::json::array();
  std::uint64_t counter_ = 0;
};

// Small things that several files of the fake use.
[[nodiscard]] Answer fail(int status, const std::string& message);
[[nodiscard]] Answer reply(int status, const nlohmann::json& document);
[[nodiscard]] std::string query(const EngineCall& call, const char* name, const std::string& absent = {});
[[nodiscard]] bool query_flag(const EngineCall& call, const char* name);
[[nodiscard]] std::string network_mode(const FakeContainer& container);  ///< "default" where none is given.
[[nodiscard]] std::string with_tag(const std::string& image_name);
[[nodiscard]] std::string long_id(std::uint64_t number);  ///< 64 hexadecimal digits.
[[nodiscard]] std::string timestamp(std::chrono::system_clock::time_point time);
[[nodiscard]] std::int64_t epoch(std::chrono::system_clock::time_point time);
/// filters={"key":["value"]} and the older {"key":{"value":true}}; nullopt when it is no such thing.
[[nodiscard]] std::optional<std::map<std::string, std::vector<std::string>>> filters_of(
    const EngineCall& call);
[[nodiscard]] bool api_at_least(const std::string& version, int major, int minor);

}  // namespace cattle::support
