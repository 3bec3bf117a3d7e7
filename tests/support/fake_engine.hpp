// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cattle::support {

/// One request as the engine read it. All text is unescaped.
struct EngineCall {
  std::string method;
  std::string path;         ///< Without version prefix and query: "/containers/abc/json".
  std::string api_version;  ///< "1.24"; empty when the path had no prefix.
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;                            ///< Of a build: the tar.
};

/// What kind of engine it is; shapes follow `api_version` asked by the client as a real engine's do:
/// below 1.44 top-level MacAddress and NetworkSettings.IPAddress are there, from 1.52 the latter is gone.
struct FakeEngineOptions {
  std::string version = "20.10.24";
  std::string api_version = "1.41";
  std::string min_api_version = "1.12";
  std::string storage_driver = "overlay2";
  std::string cgroup_version = "2";
  std::vector<std::string> volume_drivers{"local"};
  nlohmann::json info = nlohmann::json::object();  ///< Merged over the built-in GET /info.
};

/// What happens when somebody pulls an image, or builds it (`error`, `line_pause`). Names without a set
/// behaviour are answered "manifest unknown" (404).
struct PullBehaviour {
  int layers = 2;
  int progress_lines = 3;                   ///< For each layer.
  std::chrono::milliseconds line_pause{0};  ///< Before each line of the stream.
  int error_status = 0;                     ///< Not 0: answered with it and `error`, no stream.
  std::string error{};                      ///< With status 0: last line of the stream, under 200.
  std::string username{};                   ///< Not empty: X-Registry-Auth must carry these.
  std::string password{};
  nlohmann::json config =
      nlohmann::json::object();  ///< Config of the image that arrives: Cmd, ExposedPorts ...
};

/// Takes effect on the next `times` calls that match; the first fault that matches wins.
struct Fault {
  enum class Kind : std::uint8_t {
    answer,      ///< `status` and {"message": `message`}; the call has no effect.
    hang,        ///< No answer until the client goes away, clear_faults() or stop().
    drop,        ///< Connection closed without an answer; the call has no effect.
    drop_after,  ///< As drop, but the call took effect.
    slow,        ///< The call is carried out; its body leaves in pieces with `pause` between them.
    cut,         ///< The call is carried out; the connection is closed after `bytes` of the body.
    garbage      ///< Status 200 with a body that is not JSON.
  };
  Kind kind = Kind::answer;
  std::string method{};         ///< Empty: any.
  std::string path_contains{};  ///< Part of the path without version; empty: any.
  int times = 1;                ///< Negative: until clear_faults().
  int status = 500;
  std::string message = "a fault was asked for";
  std::chrono::milliseconds pause{10};
  std::size_t bytes = 0;
};

/// A stateful stand-in for a Docker engine on a unix socket, for what a real engine can't be made to show.
/// The contract suite in tests/component/docker-client runs on it and on a real engine. Safe to use from any
/// thread.
///
/// Containers are names and states: nothing runs. A started one gets an address 172.17.0.x (network "bridge",
/// or what NetworkMode names), a MAC, a pid and host ports; publishing a taken host port fails as the engine
/// does. Stop ends it at once unless ignore_stop() was asked for.
class FakeEngine {
 public:
  explicit FakeEngine(FakeEngineOptions options = {});
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  [[nodiscard]] std::string docker_host() const;  ///< "unix:///tmp/fe-XXXXXX/s".
  [[nodiscard]] std::string socket_path() const;

  // The engine itself
  void stop();   ///< Closes the socket and every connection; state stays.
  void start();  ///< Listens again, on the same path.
  void restart(FakeEngineOptions
                   other);  ///< stop, another engine over the same state, start. Running containers exit.
  void set_delay(std::chrono::milliseconds before_each_answer);

  // Images; a name without tag means ":latest"
  void add_image(const std::string& name, const nlohmann::json& config = nlohmann::json::object());
  [[nodiscard]] bool has_image(const std::string& name) const;
  void set_pull(const std::string& name, PullBehaviour behaviour);

  // Containers, by name (without slash), id or short id
  std::string add_container(const std::string& name, const nlohmann::json& create_body, bool running = true);
  [[nodiscard]] bool has_container(const std::string& name) const;
  [[nodiscard]] bool is_running(const std::string& name) const;
  /// Inspect document in the shape of API `version`; nullopt when there is none.
  [[nodiscard]] std::optional<nlohmann::json> container(const std::string& name,
                                                        const std::string& version = "1.41") const;
  [[nodiscard]] nlohmann::json create_body(const std::string& name) const;  ///< As it was received.
  [[nodiscard]] std::vector<std::string> container_ids() const;
  void exit_container(const std::string& name, int exit_code = 0);  ///< It ends by itself.
  void remove_container(const std::string& name);                   ///< As `docker rm -f` by a person.
  void ignore_stop(const std::string& name,
                   bool ignore = true);  ///< Stop waits out its grace time and then kills.
  void print(const std::string& name, const std::string& text);  ///< On its standard output.
  void fail_start(const std::string& name,
                  const std::string& message);      ///< Each start answers 500 with it; "" ends that.
  void warn_at_create(const std::string& message);  ///< Each create answers with this warning.
  /// Started containers have no address for so long (as a network plugin does).
  void set_address_delay(std::chrono::milliseconds delay);

  // Volumes
  void add_volume(const std::string& name, const std::string& driver = "local");
  [[nodiscard]] bool has_volume(const std::string& name) const;

  // Journal
  [[nodiscard]] std::vector<EngineCall> calls() const;
  /// Empty `method` or `path_contains` match all.
  [[nodiscard]] std::vector<EngineCall> calls(const std::string& method,
                                              const std::string& path_contains) const;
  /// Waits until so many matching calls are in the journal; false when `limit` passed before.
  bool wait_for_calls(const std::string& method, const std::string& path_contains, std::size_t count,
                      std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  void clear_calls();
  [[nodiscard]] std::size_t connections() const;  ///< Open now.
  [[nodiscard]] std::size_t accepted() const;     ///< Ever.

  // Faults
  void inject(Fault fault);
  void clear_faults();  ///< Releases what hangs, too: the connection is closed.

 private:
  class State;
  class Server;
  std::string folder_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Server> server_;
};

}  // namespace cattle::support
